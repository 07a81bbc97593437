/** The latest state of each race with when it came, and the two clocks that follow from that. */
import type { RaceState } from "./contract";

export interface Sighting {
  readonly state: RaceState;
  /** Milliseconds on this machine's clock. */
  readonly receivedAt: number;
}

export type Board = ReadonlyMap<string, Sighting>;

/** The board with these states on it; a state whose revision is lower than the one held is dropped. */
export function accept(board: Board, states: readonly RaceState[], receivedAt: number): Board {
  const next = new Map(board);
  for (const state of states) {
    const held = next.get(state.race_id);
    if (held && state.revision < held.state.revision) continue;
    next.set(state.race_id, { state, receivedAt });
  }
  return next;
}

/** Age of the data in seconds at `at`: what the gateway said when sending, and the time since. */
export function ageSeconds(sighting: Sighting, at: number): number {
  return (sighting.state.age_seconds ?? 0) + Math.max(0, at - sighting.receivedAt) / 1000;
}

/** The race's own time in epoch milliseconds: event time and age, so a replayed day counts down as it did. */
export function raceClock(sighting: Sighting, at: number): number {
  return Date.parse(sighting.state.event_time) + ageSeconds(sighting, at) * 1000;
}

/** Seconds to the off, negative once it is due; null if no off time is known. */
export function secondsToOff(sighting: Sighting, at: number): number | null {
  const off = sighting.state.off_time ?? sighting.state.scheduled_off;
  return off === null ? null : (Date.parse(off) - raceClock(sighting, at)) / 1000;
}
