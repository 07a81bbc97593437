/** What this reader prefers, remembered in the browser. */
import { effect, type Signal, signal } from "@preact/signals";
import { POOL_NAMES, type PoolName } from "./exotics";
import { ODDS_FORMATS, type OddsFormat } from "./odds";
import type { SortBy } from "./runners";

function remembered<T extends string>(key: string, choices: readonly [T, ...T[]]): Signal<T> {
  const name = `hpr.${key}`;
  const held = signal<T>(choices.find((choice) => choice === read(name)) ?? choices[0]);
  effect(() => write(name, held.value));
  return held;
}

/** Storage may be denied altogether (private windows); the page then just forgets. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}

export const oddsFormat = remembered<OddsFormat>("odds", ODDS_FORMATS);
export const sortBy = remembered<SortBy>("sort", ["number", "probability"]);
export const exoticPool = remembered<PoolName>("pool", POOL_NAMES);
