import { expect, test } from "vitest";
import { reminders, reminderText } from "../src/play";

test("what was put away comes again only when more is due", () => {
  expect(reminders(["time"], [])).toEqual(["time"]);
  expect(reminders(["time"], ["time"])).toEqual([]);
  expect(reminders(["time", "stake"], ["time"])).toEqual(["stake"]);
});

test("a reminder says why", () => {
  expect(reminderText(["time", "stake"])).toMatch(/time .* staked/);
});
