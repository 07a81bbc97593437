/** Exotic pools: their names, how their bets are written, and when the likeliest are asked for again. */
import type { Bet, RaceState } from "./contract";
import { isActive } from "./runners";

export const POOL_NAMES = ["exacta", "quinella", "trifecta", "trio", "superfecta", "first4"] as const;
export type PoolName = (typeof POOL_NAMES)[number];

export const POOL_TITLES: Readonly<Record<PoolName, string>> = {
  exacta: "Exacta",
  quinella: "Quinella",
  trifecta: "Trifecta (tierce)",
  trio: "Trio",
  superfecta: "Superfecta (quartet)",
  first4: "First 4",
};

/** People read a table slower than prices move, and each answer is worked out for the asker. */
export const ASK_EVERY = 15_000;

/** What has to be another one for the bets to be asked for again; null where there is nothing to bet on. */
export function askedFor(state: RaceState, pool: PoolName, at: number): string | null {
  const field = state.runners.filter((runner) => isActive(runner) && runner.win_probability !== null).length;
  const open = state.status === "SCHEDULED" || state.status === "SUSPENDED";
  return open && field >= 2 ? [state.race_id, pool, field, Math.floor(at / ASK_EVERY)].join(" ") : null;
}

/** A bet's runners in words: 3 before 7 before 1, or 1 with 3 and 7 where no order is asked. */
export function betText(bet: Bet, ordered: boolean): string {
  const names = bet.numbers.map((number, at) => number ?? bet.runner_ids[at]?.join(" and ") ?? "");
  if (ordered) return names.join(" before ");
  const [first = "", ...others] = names;
  return others.length === 0 ? first : `${first} with ${others.join(" and ")}`;
}

/** What a stake of 1 has to pay, in figures that fit a column: 8.50, 84.3, 1,234. */
export function dividend(value: number): string {
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A chance in per cent, with as many digits as small ones need: 12.3 %, 0.45 %. */
export function smallPercent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
