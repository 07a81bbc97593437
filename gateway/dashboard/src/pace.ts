/** The pace as it is drawn: where each runner is thought to be at the calls. */
import type { RaceState, Runner } from "./contract";
import { isActive } from "./runners";

export const CALLS = ["Early", "Middle", "Late", "Finish"] as const;

export interface PaceLine {
  readonly runner: Runner;
  /** Positions at the calls, from 1. */
  readonly positions: readonly number[];
}

/** Runners with a projection, the likely leader first; none while the race has no pace. */
export function paceLines(state: RaceState): readonly PaceLine[] {
  return state.runners
    .filter((runner) => isActive(runner) && runner.pace.length === CALLS.length)
    .map((runner) => ({ runner, positions: runner.pace }))
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
