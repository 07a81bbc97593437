import { expect, test } from "vitest";
import { backoff } from "../src/session";

test("the wait doubles from one second to thirty", () => {
  expect([0, 1, 2, 3, 4, 5, 12].map((attempt) => backoff(attempt, 1))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
});

test("jitter takes off up to half, so that clients do not come back together", () => {
  expect(backoff(3, 0)).toBe(4_000);
  expect(backoff(3, 0.5)).toBe(6_000);
});
