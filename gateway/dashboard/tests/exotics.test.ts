import { expect, test } from "vitest";
import type { Bet } from "../src/contract";
import { ASK_EVERY, askedFor, betText, dividend, smallPercent } from "../src/exotics";
import { race, runner } from "./builders";

const bet = (numbers: readonly (string | null)[]): Bet => ({
  numbers,
  runner_ids: numbers.map((number, at) => [`r${number ?? at}`, ...(number === "1" ? ["r1A"] : [])]),
  probability: 0.1,
  fair_dividend: 10,
});

test("a bet is read out in its order, or without one", () => {
  expect(betText(bet(["3", "7", "1"]), true)).toBe("3 before 7 before 1");
  expect(betText(bet(["1", "3", "7"]), false)).toBe("1 with 3 and 7");
  expect(betText(bet([null, "2"]), true)).toBe("r0 before 2");
});

test("dividends and chances keep the figures that matter", () => {
  expect([8.5, 84.26, 1234.4].map(dividend)).toEqual(["8.50", "84.3", "1,234"]);
  expect([0.1234, 0.0045].map(smallPercent)).toEqual(["12.3 %", "0.45 %"]);
});

test("bets are asked for again every few seconds, with another field or pool, and only before the off", () => {
  const runners = [runner({ runner_id: "a" }), runner({ runner_id: "b" }), runner({ runner_id: "c" })];
  const open = race({ runners });
  const at = 100 * ASK_EVERY;
  expect(askedFor(open, "trio", at)).toBe(askedFor(open, "trio", at + ASK_EVERY - 1));
  expect(askedFor(open, "trio", at)).not.toBe(askedFor(open, "trio", at + ASK_EVERY));
  expect(askedFor(open, "trio", at)).not.toBe(askedFor(open, "exacta", at));
  const without = race({ runners: [runners[0]!, runners[1]!, runner({ runner_id: "c", status: "SCRATCHED" })] });
  expect(askedFor(open, "trio", at)).not.toBe(askedFor(without, "trio", at));
  for (const status of ["OFF", "CLOSED", "ABANDONED"] as const)
    expect(askedFor(race({ runners, status }), "trio", at)).toBeNull();
  expect(askedFor(race({ runners: runners.map((each) => ({ ...each, win_probability: null })) }), "trio", at)).toBeNull();
});
