/** Prices of a race's runners over time: the recorded bars, then the live points since. */
import type { RaceHistory, RaceState } from "./contract";
import { isActive, priceOf } from "./runners";

export interface Trail {
  /** Epoch seconds, strictly rising. */
  readonly times: readonly number[];
  /** By runner id, each aligned with `times`; null where no price was known. */
  readonly prices: ReadonlyMap<string, readonly (number | null)[]>;
}

export const emptyTrail: Trail = { times: [], prices: new Map() };

/** Live points within as many seconds are one, so that a page left open for hours stays small. */
const LIVE_SECONDS = 5;
const MOST_POINTS = 5_000;

/** The recorded bars, followed by what the live trail has beyond their end. */
export function join(history: RaceHistory, live: Trail): Trail {
  const end = history.times.at(-1) ?? -Infinity;
  const from = live.times.findIndex((time) => time > end);
  const kept = from < 0 ? live.times.length : from;
  const bars = new Map(history.runners.map((runner) => [runner.runner_id, runner.prices]));
  const ids = new Set([...bars.keys(), ...live.prices.keys()]);
  const blank = (count: number): null[] => new Array<null>(count).fill(null);
  return {
    times: [...history.times, ...live.times.slice(kept)],
    prices: new Map(
      [...ids].map((id) => [
        id,
        [
          ...(bars.get(id) ?? blank(history.times.length)),
          ...(live.prices.get(id)?.slice(kept) ?? blank(live.times.length - kept)),
        ],
      ]),
    ),
  };
}

/** The trail with the state's prices at its event time; a time at or before the end replaces the last point. */
export function extend(trail: Trail, state: RaceState): Trail {
  const time = Math.floor(Date.parse(state.event_time) / 1000 / LIVE_SECONDS) * LIVE_SECONDS;
  const last = trail.times.at(-1);
  const kept = last !== undefined && time <= last ? trail.times.length - 1 : trail.times.length;
  const skip = Math.max(0, kept + 1 - MOST_POINTS);
  const now = new Map(state.runners.map((runner) => [runner.runner_id, isActive(runner) ? priceOf(runner) : null]));
  const ids = new Set([...trail.prices.keys(), ...now.keys()]);
  const past = (id: string): readonly (number | null)[] =>
    trail.prices.get(id)?.slice(skip, kept) ?? new Array<null>(kept - skip).fill(null);
  return {
    times: [...trail.times.slice(skip, kept), Math.max(time, last ?? time)],
    prices: new Map([...ids].map((id) => [id, [...past(id), now.get(id) ?? null]])),
  };
}

/** Points of an SVG line through a runner's prices of the last `seconds`, on a log scale; null with fewer than two. */
export function sparkline(trail: Trail, id: string, seconds: number, width: number, height: number): string | null {
  const end = trail.times.at(-1) ?? 0;
  const prices = trail.prices.get(id) ?? [];
  const points = trail.times.flatMap((time, index) => {
    const price = prices[index] ?? null;
    return price !== null && time >= end - seconds ? [{ time, level: Math.log(price) }] : [];
  });
  const [first, latest] = [points[0], points.at(-1)];
  if (!first || !latest || latest.time === first.time) return null;
  const levels = points.map((point) => point.level);
  // A floor under the span keeps the noise of a steady price from filling the whole height.
  const middle = (Math.max(...levels) + Math.min(...levels)) / 2;
  const span = Math.max(Math.max(...levels) - Math.min(...levels), 0.15);
  const x = (time: number): string => (((time - first.time) / (latest.time - first.time)) * width).toFixed(1);
  const y = (level: number): string => Math.max(0, (0.5 - (level - middle) / span) * height).toFixed(1);
  return points.map((point) => `${x(point.time)},${y(point.level)}`).join(" ");
}
