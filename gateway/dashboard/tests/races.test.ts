import { expect, test } from "vitest";
import { accept } from "../src/board";
import type { RaceState } from "../src/contract";
import { clockText, dayOrder, favourite, stageOf, statusText } from "../src/races";
import { race, runner } from "./builders";

const result = { state: "UNOFFICIAL", winners: ["39008736"], time: "2022-11-07T03:38:00Z" } as const;
const clock = (changes: Partial<RaceState>): string => clockText({ state: race(changes), receivedAt: 0 }, 500);

test("the clock counts down, then says what became of the race", () => {
  expect(clock({})).toBe("04:59");
  expect(clock({ status: "SUSPENDED" })).toBe("04:59");
  expect(clock({ status: "OFF" })).toBe("Off");
  expect(clock({ status: "CLOSED" })).toBe("Off");
  expect(clock({ status: "CLOSED", result })).toBe("Result");
  expect(clock({ status: "ABANDONED" })).toBe("Abandoned");
});

test("an abandoned race is abandoned even if an early result was sent", () => {
  expect(stageOf(race({ status: "ABANDONED", result }))).toBe("abandoned");
});

test("a result says whether it is official", () => {
  expect(statusText(race({ status: "CLOSED", result }))).toBe("Unofficial");
  expect(statusText(race({ status: "CLOSED", result: { ...result, state: "OFFICIAL" } }))).toBe("Official");
});

test("races to come are soonest first, those over latest first, unknown times at the end", () => {
  const at = (race_id: string, scheduled_off: string | null, changes: Partial<RaceState> = {}): RaceState =>
    race({ race_id, scheduled_off, ...changes });
  const order = dayOrder(
    accept(
      new Map(),
      [
        at("C", null),
        at("B", "2022-11-07T04:00:00Z"),
        at("A", "2022-11-07T03:00:00Z"),
        at("X", "2022-11-07T01:00:00Z", { result }),
        at("Y", "2022-11-07T02:00:00Z", { status: "ABANDONED" }),
      ],
      0,
    ),
  );
  expect(order.ahead.map(({ state }) => state.race_id)).toEqual(["A", "B", "C"]);
  expect(order.over.map(({ state }) => state.race_id)).toEqual(["Y", "X"]);
});

test("the favourite is the likeliest runner still in, by price where there are no probabilities", () => {
  const runners = [
    runner({ runner_id: "a", win_probability: 0.2 }),
    runner({ runner_id: "b", win_probability: 0.5, status: "SCRATCHED" }),
    runner({ runner_id: "c", win_probability: 0.3 }),
  ];
  expect(favourite(race({ runners }))?.runner_id).toBe("c");
  const priced = [
    runner({ runner_id: "a", win_probability: null, last: 6 }),
    runner({ runner_id: "c", win_probability: null, last: 3 }),
  ];
  expect(favourite(race({ runners: priced }))?.runner_id).toBe("c");
  expect(favourite(race())).toBeNull();
});
