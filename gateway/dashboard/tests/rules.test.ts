import { expect, test } from "vitest";
import { listed, ruleOf, ruleWords } from "../src/rules";

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
