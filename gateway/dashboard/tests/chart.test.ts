import { expect, test } from "vitest";
import { chartData, priceRange, rungs } from "../src/chart";

test("the price axis has at most eight lines, all within it", () => {
  expect(rungs(2.9, 16.5)).toEqual([3, 4, 5, 6, 8, 10, 13, 16]);
  expect(rungs(1.01, 1000).length).toBeLessThanOrEqual(8);
});

test("the range leaves room, never reaches even money's floor of 1, and keeps a steady price from filling it", () => {
  const [low, high] = priceRange(3, 12);
  expect(low).toBeLessThan(3);
  expect(high).toBeGreaterThan(12);
  expect(priceRange(1.02, 1.02)[0]).toBe(1.01);
  const [from, to] = priceRange(5, 5);
  expect(to / from).toBeCloseTo(1.6, 9);
  expect(priceRange(null, null)).toEqual([1.5, 20]);
});

test("each line is as long as time, also of a runner without prices", () => {
  const trail = { times: [1, 2], prices: new Map([["a", [3, null]]]) };
  expect(chartData(trail, ["a", "b"])).toEqual([[1, 2], [3, null], [null, null]]);
});
