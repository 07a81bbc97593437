/** One live session with the gateway as plain data, and the small changes made to it. Times are milliseconds. */
import type { AlertEvent, NoticeEvent, RaceState } from "./contract";

export type Phase = "connecting" | "live" | "waiting" | "ended";
export type Method = "connect" | "subscribe" | "unsubscribe";

export interface Call {
  readonly method: Method;
  readonly channel: string;
}

export interface Session {
  readonly phase: Phase;
  /** The server's world; positions and revisions mean nothing in another one. */
  readonly epoch: string | null;
  readonly heartbeatSeconds: number;
  readonly heardAt: number;
  readonly attempt: number;
  readonly retryAt: number;
  readonly holdUntil: number;
  readonly reason: string | null;
  readonly nextId: number;
  readonly calls: ReadonlyMap<number, Call>;
  readonly wanted: readonly string[];
  readonly joined: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, string>;
  readonly positions: ReadonlyMap<string, string>;
}

export type Effect =
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "deliver"; readonly states: readonly RaceState[] }
  | { readonly type: "alert"; readonly alerts: readonly AlertEvent[] }
  | { readonly type: "notice"; readonly notices: readonly NoticeEvent[] }
  /** Events of a channel came while away that are not to be had any more. */
  | { readonly type: "missed"; readonly channel: string }
  | { readonly type: "reset" };

export type Step = readonly [Session, readonly Effect[]];

export const fresh: Session = {
  phase: "waiting",
  epoch: null,
  heartbeatSeconds: 10,
  heardAt: 0,
  attempt: 0,
  retryAt: 0,
  holdUntil: 0,
  reason: null,
  nextId: 1,
  calls: new Map(),
  wanted: [],
  joined: new Set(),
  refused: new Map(),
  positions: new Map(),
};

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

/** Milliseconds before try number `attempt` (from 0): doubling to 30 s, half of it jitter. `random` is in [0, 1). */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempt);
  return ceiling * (0.5 + random / 2);
}

export function dial(session: Session, at: number): Step {
  const next: Session = {
    ...session,
    phase: "connecting",
    heardAt: at,
    holdUntil: 0,
    nextId: 1,
    calls: new Map(),
    joined: new Set(),
  };
  return [next, [{ type: "open" }]];
}

/** The connection is gone: wait, then dial again. */
export function lose(session: Session, reason: string | null, at: number, random: number): Session {
  const retryAt = at + backoff(session.attempt, random);
  return { ...session, phase: "waiting", attempt: session.attempt + 1, retryAt, reason };
}

export function end(session: Session, reason: string): Session {
  return { ...session, phase: "ended", reason };
}

export function call(session: Session, method: Method, channel: string): Step {
  const position = session.positions.get(channel);
  const params =
    method === "connect" ? {} : method === "subscribe" && position !== undefined ? { channel, position } : { channel };
  const id = session.nextId;
  const calls = new Map(session.calls).set(id, { method, channel });
  return [{ ...session, nextId: id + 1, calls }, [{ type: "send", text: JSON.stringify({ id, method, params }) }]];
}

/** Asks for the channels that are wanted and not joined, and leaves those no longer wanted. */
export function settle(session: Session, at: number): Step {
  if (session.phase !== "live" || at < session.holdUntil) return [session, []];
  const join = session.wanted.filter((channel) => !session.joined.has(channel) && !session.refused.has(channel));
  const leave = [...session.joined].filter((channel) => !session.wanted.includes(channel));
  const asks: readonly Call[] = [
    ...leave.map((channel) => ({ method: "unsubscribe", channel }) as const),
    ...join.map((channel) => ({ method: "subscribe", channel }) as const),
  ];
  const effects: Effect[] = [];
  let next: Session = { ...session, joined: new Set(session.wanted.filter((one) => !session.refused.has(one))) };
  for (const ask of asks) {
    const [after, sent] = call(next, ask.method, ask.channel);
    next = after;
    effects.push(...sent);
  }
  return [next, effects];
}
