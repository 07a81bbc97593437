/** The WebSocket shell: feeds what happens to the protocol's reducer and carries out what it answers. */
import type { AlertEvent, NoticeEvent, RaceState } from "./contract";
import { type Happening, step } from "./protocol";
import { fresh, type Session } from "./session";

export interface Listener {
  session(session: Session): void;
  states(states: readonly RaceState[]): void;
  alerts(alerts: readonly AlertEvent[]): void;
  /** Alerts that one's own rules asked for. */
  notices(notices: readonly NoticeEvent[]): void;
  /** Events of a channel came while away that are not to be had any more. */
  missed(channel: string): void;
  /** The server is of another epoch: nothing held is comparable any more. */
  reset(): void;
}

export interface Live {
  want(channels: readonly string[]): void;
  /** Connects anew, as whoever is signed in now. */
  anew(): void;
}

const TICK = 1_000;

/** Keeps one session alive for as long as the page is open. */
export function goLive(address: string, listener: Listener): Live {
  let session = fresh;
  let socket: WebSocket | null = null;

  function happen(happening: Happening): void {
    const before = session;
    const [next, effects] = step(session, happening, Date.now(), Math.random());
    session = next;
    for (const effect of effects) {
      if (effect.type === "open") open();
      else if (effect.type === "close") drop();
      else if (effect.type === "send") socket?.send(effect.text);
      else if (effect.type === "deliver") listener.states(effect.states);
      else if (effect.type === "alert") listener.alerts(effect.alerts);
      else if (effect.type === "notice") listener.notices(effect.notices);
      else if (effect.type === "missed") listener.missed(effect.channel);
      else listener.reset();
    }
    if (next !== before) listener.session(next);
  }

  function open(): void {
    drop();
    const opened = new WebSocket(address);
    socket = opened;
    // A socket given up on may still speak; only the current one is heard.
    const ifCurrent = (happening: () => Happening): void => {
      if (socket === opened) happen(happening());
    };
    opened.onopen = () => ifCurrent(() => ({ type: "opened" }));
    opened.onmessage = ({ data }) => ifCurrent(() => ({ type: "frame", text: String(data) }));
    opened.onclose = ({ code, reason }) => ifCurrent(() => ({ type: "closed", code, reason }));
  }

  function drop(): void {
    const dropped = socket;
    socket = null;
    dropped?.close();
  }

  window.setInterval(() => happen({ type: "tick" }), TICK);
  // A phone that comes back to the network or to the page need not sit out the wait.
  const hurry = (): void => {
    if (session.phase === "waiting" && !document.hidden) happen({ type: "start" });
  };
  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  happen({ type: "start" });
  return { want: (channels) => happen({ type: "want", channels }), anew: () => happen({ type: "start" }) };
}
