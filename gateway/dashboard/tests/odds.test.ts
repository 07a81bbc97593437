import { expect, test } from "vitest";
import { odds } from "../src/odds";

test.each([
  [4.6, "decimal", "4.60"],
  [12.46, "decimal", "12.5"],
  [9.999, "decimal", "10.0"],
  [110.4, "decimal", "110"],
  [2, "fractional", "Evs"],
  [3.5, "fractional", "5/2"],
  [1.909, "fractional", "10/11"],
  [4.6, "fractional", "7/2"],
  [2, "american", "+100"],
  [3.5, "american", "+250"],
  [1.5, "american", "−200"],
  [4, "probability", "25.0 %"],
] as const)("%d as %s is %s", (price, format, text) => {
  expect(odds(price, format)).toBe(text);
});

test("no price, and a price that is none, are dashes", () => {
  expect([null, 0, 1, NaN].map((price) => odds(price, "american"))).toEqual(["–", "–", "–", "–"]);
});
