/** How far along a race is, who leads its market, and the order races are listed in. */
import { type Board, secondsToOff, type Sighting } from "./board";
import type { RaceState, Runner } from "./contract";
import { countdown } from "./format";
import { isActive, priceOf } from "./runners";

export type Stage = "scheduled" | "suspended" | "off" | "closed" | "result" | "abandoned";

export function stageOf(state: RaceState): Stage {
  if (state.status === "ABANDONED") return "abandoned";
  if (state.result) return "result";
  if (state.status === "CLOSED") return "closed";
  if (state.status === "OFF" || state.status === "IN_PLAY") return "off";
  return state.status === "SUSPENDED" ? "suspended" : "scheduled";
}

const STATUS_TEXT: Readonly<Record<Stage, string>> = {
  scheduled: "Open",
  suspended: "Suspended",
  off: "Running",
  closed: "Awaiting result",
  result: "Result",
  abandoned: "Abandoned",
};

export function statusText(state: RaceState): string {
  if (stageOf(state) === "result") return state.result?.state === "OFFICIAL" ? "Official" : "Unofficial";
  return STATUS_TEXT[stageOf(state)];
}

/** What stands where the countdown is: mm:ss to the off, or what has become of the race. */
export function clockText(sighting: Sighting, at: number): string {
  const stage = stageOf(sighting.state);
  if (stage === "scheduled" || stage === "suspended") return countdown(secondsToOff(sighting, at));
  return stage === "off" || stage === "closed" ? "Off" : stage === "result" ? "Result" : "Abandoned";
}

export function isOver(state: RaceState): boolean {
  const stage = stageOf(state);
  return stage === "result" || stage === "abandoned";
}

/** The runner with the highest win probability, or without any the shortest price; null on an empty board. */
export function favourite(state: RaceState): Runner | null {
  const strength = (runner: Runner): number => {
    const price = priceOf(runner);
    return runner.win_probability ?? (price === null ? 0 : 1 / price);
  };
  const rated = state.runners.filter((runner) => isActive(runner) && strength(runner) > 0);
  return rated.reduce<Runner | null>((best, one) => (!best || strength(one) > strength(best) ? one : best), null);
}

export interface DayOrder {
  readonly ahead: readonly Sighting[];
  readonly over: readonly Sighting[];
}

/** Races to come by time to the off, soonest first; then those that are over, latest first. */
export function dayOrder(board: Board): DayOrder {
  const all = [...board.values()];
  const byOff = (one: Sighting, other: Sighting): number =>
    offOf(one.state) - offOf(other.state) || one.state.race_id.localeCompare(other.state.race_id);
  return {
    ahead: all.filter(({ state }) => !isOver(state)).sort(byOff),
    over: all.filter(({ state }) => isOver(state)).sort((one, other) => byOff(other, one)),
  };
}

function offOf(state: RaceState): number {
  const off = state.off_time ?? state.scheduled_off;
  // A number, not infinity: two unknown times must compare as equal.
  return off === null ? Number.MAX_SAFE_INTEGER : Date.parse(off);
}
