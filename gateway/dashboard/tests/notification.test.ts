import { expect, test } from "vitest";
import { shown } from "../src/notification";

const PUSH = { title: "7 Kahuka is out", body: "why", tag: "a1", url: "/#/race/BEL-20230715-01", event_time: 1.69e15 };

test("a push is shown as it says, under the alert's own tag", () => {
  expect(shown(JSON.stringify(PUSH))).toEqual({
    title: "7 Kahuka is out",
    body: "why",
    tag: "a1",
    hash: "#/race/BEL-20230715-01",
    at: 1.69e12,
  });
});

test.each([null, "", "no JSON", "[]", "null", '{"title": 7}'])("what is not understood is still shown: %s", (text) => {
  expect(shown(text).title).toBe("HorseRacePro");
});

test.each(["https://evil.example/", "//evil.example/#/", "javascript:alert(1)", 7])("only this page is opened: %s", (url) => {
  expect(shown(JSON.stringify({ ...PUSH, url })).hash).toBe("#/");
});
