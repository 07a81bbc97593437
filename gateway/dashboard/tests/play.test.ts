import { expect, test } from "vitest";
import { due, heard, type PlayState, reminders, reminderText } from "../src/play";

test("what was put away comes again only when more is due", () => {
  expect(reminders(["time"], [])).toEqual(["time"]);
  expect(reminders(["time"], ["time"])).toEqual([]);
  expect(reminders(["time", "stake"], ["time"])).toEqual(["stake"]);
});

test("a reminder says why", () => {
  expect(reminderText(["time", "stake"])).toMatch(/time .* staked/);
});

test("an answer that was asked for earlier does not undo a later one", async () => {
  const state = (due: readonly ("time" | "stake")[]) =>
    ({ remind_minutes: null, remind_stake: 10, minutes: 1, staked: 10, due, withheld: null, until: null }) as const;
  let late: (state: PlayState) => void = () => undefined;
  const slow = heard(new Promise<PlayState>((answer) => (late = answer)));
  await heard(Promise.resolve(state(["stake"])));
  late(state([]));
  await slow;
  expect(due.value).toEqual(["stake"]);
});
