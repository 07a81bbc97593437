/** The alerts that came over their channel, newest first, each once however often it was sent. */
import type { Alert, AlertEvent } from "./contract";

interface Told {
  readonly alert_id: string;
  readonly event_time: string;
}

export interface Log<T extends Told = AlertEvent> {
  readonly events: readonly T[];
  /** Whether some came while away that are not to be had any more. */
  readonly gap: boolean;
}

export const emptyLog: Log<never> = { events: [], gap: false };

const KEPT = 200;

/** The log with these events in it. */
export function log<T extends Told>(held: Log<T>, events: readonly T[]): Log<T> {
  const known = new Set(held.events.map((event) => event.alert_id));
  const fresh: T[] = [];
  for (const event of events) {
    if (known.has(event.alert_id)) continue;
    known.add(event.alert_id);
    fresh.push(event);
  }
  return fresh.length > 0 ? { ...held, events: newestFirst([...fresh, ...held.events]).slice(0, KEPT) } : held;
}

/** The log with the note that it has a gap. */
export function passedOver<T extends Told>(held: Log<T>): Log<T> {
  return { ...held, gap: true };
}

/** A race's alerts: those that its state carries, and those of the channel that are no longer among them. */
export function ofRace(held: Log, raceId: string, carried: readonly Alert[]): readonly Alert[] {
  const known = new Set(carried.map((alert) => alert.alert_id));
  const more = held.events.filter((event) => event.race_id === raceId && !known.has(event.alert_id));
  return more.length > 0 ? newestFirst([...carried, ...more]) : carried;
}

function newestFirst<T extends Told>(alerts: readonly T[]): T[] {
  return [...alerts].sort((one, other) => Date.parse(other.event_time) - Date.parse(one.event_time));
}
