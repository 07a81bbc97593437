import { expect, test } from "vitest";
import { lastSaturday, listed, previewWords, ruleOf, ruleWords } from "../src/rules";

const form = (values: Record<string, string>): Map<string, string> => new Map(Object.entries(values));

test("a form's figures are taken as the gateway counts them", () => {
  expect(ruleOf("VALUE", form({ threshold: "10" }))).toEqual({ kind: "VALUE", threshold: 0.1 });
  expect(ruleOf("OFF_SOON", form({ threshold: "10" }))).toEqual({ kind: "OFF_SOON", threshold: 10 });
});

test("what a kind has no use for is left out", () => {
  expect(ruleOf("RESULT", form({ threshold: "10", favourite: "yes", name: "  ", horses: " , " }))).toEqual({ kind: "RESULT" });
  expect(ruleOf("SCRATCH", form({ favourite: "yes" }))).toEqual({ kind: "SCRATCH", of: "favourite" });
});

test("lists are read with commas or on lines, codes of tracks in capitals", () => {
  expect(listed("Sea Hero (IRE), \n Kahuka,")).toEqual(["Sea Hero (IRE)", "Kahuka"]);
  expect(ruleOf("SCRATCH", form({ tracks: "bel, sar", tracked: "yes", name: " mine " }))).toEqual({
    kind: "SCRATCH",
    name: "mine",
    tracks: ["BEL", "SAR"],
    tracked: true,
  });
});

test.each([
  [{ kind: "VALUE", threshold: 0.1, tracks: ["BEL"] }, "Value from 10 % on: BEL"],
  [{ kind: "STEAM", threshold: null }, "Steam: shortening from 10 % on: every race"],
  [{ kind: "OFF_SOON", tracked: true }, "Off soon, 10 minutes before: all that you follow"],
  [{ kind: "SCRATCH", of: "favourite", horses: ["Kahuka"] }, "Scratch of the favourite: Kahuka"],
] as const)("a rule in words: %j", (rule, words) => {
  expect(ruleWords(rule)).toBe(words);
});

test("the day to try a rule on is a Saturday that is over", () => {
  expect(lastSaturday(new Date("2026-11-26T12:00:00Z"))).toBe("2026-11-21");
  expect(lastSaturday(new Date("2026-11-28T12:00:00Z"))).toBe("2026-11-21");
  expect(lastSaturday(new Date("2026-11-29T00:00:00Z"))).toBe("2026-11-28");
});

test.each([
  [0, true, "It would never have fired."],
  [1, true, "It would have fired once."],
  [14, false, "It would have fired 14 times in the part of the day that there was time to look through."],
])("a preview in words: %i", (times, whole, words) => {
  expect(previewWords({ day: "2026-11-21", times, whole, first: [] })).toBe(words);
});
