/** The pace as it is drawn: where each runner is thought to be at the calls. */
import type { RaceState, Runner } from "./contract";
import { isActive } from "./runners";

export const CALLS = ["Early", "Middle", "Late", "Finish"] as const;

export interface PaceLine {
  readonly runner: Runner;
  /** Positions at the calls, from 1. */
  readonly positions: readonly number[];
  /** How far off they usually are: a standard deviation at each call. */
  readonly spreads: readonly number[];
}

/** Runners with a projection, the likely leader first; none while the race has no pace. */
export function paceLines(state: RaceState): readonly PaceLine[] {
  return state.runners
    .filter((runner) => isActive(runner) && runner.pace.length === CALLS.length)
    .map((runner) => ({ runner, positions: runner.pace, spreads: runner.pace_spreads }))
    .sort((one, other) => (one.positions[0] ?? 0) - (other.positions[0] ?? 0));
}

/** Points of a line in a box: calls from left to right, the leader on top. */
export function points(positions: readonly number[], field: number, width: number, height: number): string {
  const rows = Math.max(field - 1, 1);
  return positions
    .map((position, call) => {
      const x = (call / (CALLS.length - 1)) * width;
      const y = ((position - 1) / rows) * height;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

/** The outline of a band of one standard deviation to both sides, held to the field; empty without spreads. */
export function band(line: PaceLine, field: number, width: number, height: number): string {
  if (line.spreads.length !== line.positions.length) return "";
  const edge = (side: -1 | 1): number[] =>
    line.positions.map((position, call) => {
      const moved = position + side * (line.spreads[call] ?? 0);
      return Math.min(Math.max(moved, 1), Math.max(field, 1));
    });
  const lower = points(edge(1), field, width, height).split(" ").reverse();
  return [points(edge(-1), field, width, height), ...lower].join(" ");
}
