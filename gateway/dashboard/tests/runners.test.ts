import { describe, expect, test } from "vitest";
import type { Runner } from "../src/contract";
import { compareNumbers, keepTop, orderRunners, priceOf, sumOfWin } from "../src/runners";
import { race, runner } from "./builders";

const one = (number: string | null, changes: Partial<Runner> = {}): Runner =>
  runner({ runner_id: `r${number}`, number, betting_interest: number && String(parseInt(number, 10)), ...changes });
const numbers = (runners: readonly Runner[]): unknown[] => runners.map((each) => each.number);

test("program numbers sort as people count them", () => {
  expect(["10", "2", null, "1A", "1", "2B"].sort(compareNumbers)).toEqual(["1", "1A", "2", "2B", "10", null]);
});

describe("the table's order", () => {
  const field = [
    one("3", { win_probability: 0.2 }),
    one("1A", { win_probability: 0.25 }),
    one("10", { win_probability: 0.3 }),
    one("1", { win_probability: 0.15 }),
    one("2", { status: "SCRATCHED", win_probability: null }),
    one("11", { status: "ALSO_ELIGIBLE", win_probability: null }),
  ];

  test("by number, scratched runners last", () => {
    expect(numbers(orderRunners(field, "number"))).toEqual(["1", "1A", "3", "10", "11", "2"]);
  });

  test("by probability, a coupled entry counts as the one bet it is", () => {
    expect(numbers(orderRunners(field, "probability"))).toEqual(["1", "1A", "10", "3", "11", "2"]);
  });

  test("a scratched half of a coupled entry goes to the end alone", () => {
    const halved = field.map((each) => (each.number === "1" ? { ...each, status: "SCRATCHED" as const } : each));
    expect(numbers(orderRunners(halved, "number"))).toEqual(["1A", "3", "10", "11", "1", "2"]);
  });

  test("no runner is lost where numbers and interests are unknown", () => {
    const unnumbered = ["b", "a"].map((id) => runner({ runner_id: id, number: null, name: null }));
    expect(orderRunners(unnumbered, "number").map((each) => each.runner_id)).toEqual(["a", "b"]);
  });
});

test("the price is the last one, or the best on offer", () => {
  expect(priceOf(runner({ last: 5, back: 4.8 }))).toBe(5);
  expect(priceOf(runner({ last: null, back: 4.8 }))).toBe(4.8);
  expect(priceOf(runner({ last: null, back: null, lay: null }))).toBeNull();
});

test("the sum of win probabilities is over those still in", () => {
  const runners = [
    one("1", { win_probability: 0.6 }),
    one("2", { win_probability: 0.4 }),
    one("3", { status: "SCRATCHED", win_probability: 0.1 }),
  ];
  expect(sumOfWin(race({ runners }))).toBeCloseTo(1, 12);
  expect(sumOfWin(race({ runners: [one("1", { win_probability: null })] }))).toBeNull();
});

test("the runners followed stay the same until one goes out", () => {
  const field = [
    one("1", { win_probability: 0.5 }),
    one("2", { win_probability: 0.3 }),
    one("3", { win_probability: 0.2 }),
  ];
  expect(keepTop([], field, 2)).toEqual(["r1", "r2"]);
  const turned = field.map((each) => (each.number === "3" ? { ...each, win_probability: 0.9 } : each));
  expect(keepTop(["r1", "r2"], turned, 2)).toEqual(["r1", "r2"]);
  const scratched = turned.map((each) => (each.number === "1" ? { ...each, status: "SCRATCHED" as const } : each));
  expect(keepTop(["r1", "r2"], scratched, 2)).toEqual(["r2", "r3"]);
});
