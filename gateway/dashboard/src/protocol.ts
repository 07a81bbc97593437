/** The live protocol as a pure reducer: what happened goes in, the next session and what to do about it come out. */
import { type AlertEvent, isAlertEvent, isNoticeEvent, isRaceState, type NoticeEvent, type RaceState } from "./contract";
import { type Call, call, dial, type Effect, end, lose, type Session, settle, type Step } from "./session";

export type Happening =
  | { readonly type: "start" }
  | { readonly type: "opened" }
  | { readonly type: "frame"; readonly text: string }
  | { readonly type: "closed"; readonly code: number; readonly reason: string }
  | { readonly type: "tick" }
  | { readonly type: "want"; readonly channels: readonly string[] };

interface Refusal {
  readonly code?: number;
  readonly message?: string;
  readonly temporary?: boolean;
}

/** After Centrifugo: id and result or error answer a call, a push has no id, an empty frame is a heartbeat. */
interface Frame {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: Refusal;
  readonly push?: {
    readonly channel?: string;
    readonly position?: string;
    readonly state?: unknown;
    readonly event?: unknown;
  };
}

const SILENT_HEARTBEATS = 2.5;
const REFUSED_PAUSE = 5_000;

/** One step of the session. `at` is in milliseconds, `random` in [0, 1); the same arguments give the same answer. */
export function step(session: Session, happening: Happening, at: number, random: number): Step {
  switch (happening.type) {
    case "start":
      return dial(session, at);
    case "opened":
      return call({ ...session, heardAt: at }, "connect", "");
    case "frame":
      return onFrame({ ...session, heardAt: at }, happening.text, at, random);
    case "closed":
      return onClosed(session, happening.code, happening.reason, at, random);
    case "tick":
      return onTick(session, at, random);
    case "want":
      // Asking again for a channel is the person's wish to try a refused one again.
      return settle({ ...session, wanted: happening.channels, refused: new Map() }, at);
  }
}

function onTick(session: Session, at: number, random: number): Step {
  if (session.phase === "waiting") return at >= session.retryAt ? dial(session, at) : [session, []];
  if (session.phase === "ended") return [session, []];
  if (at - session.heardAt > SILENT_HEARTBEATS * session.heartbeatSeconds * 1000) {
    return [lose(session, "no word from the server", at, random), [{ type: "close" }]];
  }
  return settle(session, at);
}

/** 3500 to 4999 says do not come back; any other end of a connection is worth another try. */
function onClosed(session: Session, code: number, reason: string, at: number, random: number): Step {
  const final = code >= 3500 && code <= 4999;
  return [final ? end(session, reason || `closed with code ${code}`) : lose(session, reason || null, at, random), []];
}

function onFrame(session: Session, text: string, at: number, random: number): Step {
  const frame = parse(text);
  if (frame === null) return [session, []];
  if (frame.push) return onPush(session, frame.push);
  if (frame.id === undefined) return [session, [{ type: "send", text: "{}" }]];
  const asked = session.calls.get(frame.id);
  if (!asked) return [session, []];
  const calls = new Map(session.calls);
  calls.delete(frame.id);
  const answered = { ...session, calls };
  return frame.error
    ? onRefusal(answered, asked, frame.error, at, random)
    : onResult(answered, asked, frame.result ?? {}, at);
}

function onPush(session: Session, push: NonNullable<Frame["push"]>): Step {
  const positions = moved(session.positions, push.channel, push.position);
  return [{ ...session, positions }, [...deliver([push.state]), ...announce([push.event])]];
}

function onResult(session: Session, asked: Call, result: Readonly<Record<string, unknown>>, at: number): Step {
  if (asked.method === "connect") return onConnected(session, result, at);
  if (asked.method === "unsubscribe") return [session, []];
  const positions = moved(session.positions, asked.channel, result["position"]);
  // Whoever comes back with a position gets every event that was missed, or is told that not all can be had.
  const missed = result["recovered"] === false && session.positions.has(asked.channel);
  return [
    { ...session, positions },
    [
      ...deliver(listOf(result["states"])),
      ...(missed ? [{ type: "missed", channel: asked.channel } as const] : []),
      ...announce(listOf(result["events"])),
    ],
  ];
}

function onConnected(session: Session, result: Readonly<Record<string, unknown>>, at: number): Step {
  const epoch = typeof result["epoch"] === "string" ? result["epoch"] : null;
  const seconds = result["heartbeat_seconds"];
  const reborn = session.epoch !== null && session.epoch !== epoch;
  const [next, effects] = settle(
    {
      ...session,
      phase: "live",
      epoch,
      attempt: 0,
      reason: null,
      heartbeatSeconds: typeof seconds === "number" && seconds > 0 ? seconds : session.heartbeatSeconds,
      positions: reborn ? new Map() : session.positions,
    },
    at,
  );
  return [next, reborn ? [{ type: "reset" }, ...effects] : effects];
}

function onRefusal(session: Session, asked: Call, refusal: Refusal, at: number, random: number): Step {
  const message = refusal.message ?? `refused with code ${refusal.code ?? "unknown"}`;
  const temporary = refusal.temporary === true;
  if (asked.method === "connect") {
    return [temporary ? lose(session, message, at, random) : end(session, message), [{ type: "close" }]];
  }
  if (asked.method === "unsubscribe") return [session, []];
  const joined = new Set(session.joined);
  joined.delete(asked.channel);
  if (temporary) return [{ ...session, joined, holdUntil: at + REFUSED_PAUSE }, []];
  return [{ ...session, joined, refused: new Map(session.refused).set(asked.channel, message) }, []];
}

function parse(text: string): Frame | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Frame) : null;
  } catch {
    return null;
  }
}

function moved(positions: Session["positions"], channel: unknown, position: unknown): Session["positions"] {
  if (typeof channel !== "string" || typeof position !== "string") return positions;
  return new Map(positions).set(channel, position);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function announce(values: readonly unknown[]): readonly Effect[] {
  const alerts: readonly AlertEvent[] = values.filter(isAlertEvent);
  const notices: readonly NoticeEvent[] = values.filter(isNoticeEvent);
  return [
    ...(alerts.length > 0 ? [{ type: "alert", alerts } as const] : []),
    ...(notices.length > 0 ? [{ type: "notice", notices } as const] : []),
  ];
}

function deliver(values: readonly unknown[]): readonly Effect[] {
  const states: readonly RaceState[] = values.filter(isRaceState);
  return states.length > 0 ? [{ type: "deliver", states }] : [];
}
