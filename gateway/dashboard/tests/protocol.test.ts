import { describe, expect, test } from "vitest";
import { type Happening, step } from "../src/protocol";
import { type Effect, fresh, type Session } from "../src/session";
import { alert, race } from "./builders";

const MOE = "race:MOE-20221107-06";

/** Runs happenings, one a second from `from`, and gives the session and all that it asked for. */
function run(session: Session, happenings: readonly Happening[], from = 0): [Session, Effect[]] {
  const effects: Effect[] = [];
  happenings.forEach((happening, index) => {
    const [next, asked] = step(session, happening, from + index * 1000, 0.5);
    session = next;
    effects.push(...asked);
  });
  return [session, effects];
}

const frame = (value: unknown): Happening => ({ type: "frame", text: JSON.stringify(value) });
const want = (...channels: string[]): Happening => ({ type: "want", channels });
const connected = (epoch = "e1"): Happening =>
  frame({ id: 1, result: { protocol: "hpr.v1", epoch, heartbeat_seconds: 10, server_time: "2022-11-07T03:30:00Z" } });
const start: Happening = { type: "start" };
const opened: Happening = { type: "opened" };
const lost: Happening = { type: "closed", code: 1006, reason: "" };
const sent = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.type === "send" ? [JSON.parse(effect.text) as unknown] : []));
const live = (): Session => run(fresh, [start, want(MOE), opened, connected()])[0];

describe("coming in", () => {
  test("it dials, says connect first, and subscribes once it is answered", () => {
    const [session, effects] = run(fresh, [start, want(MOE), opened, connected()]);
    expect(session.phase).toBe("live");
    expect(effects[0]).toEqual({ type: "open" });
    expect(sent(effects)).toEqual([
      { id: 1, method: "connect", params: {} },
      { id: 2, method: "subscribe", params: { channel: MOE } },
    ]);
  });

  test("a refusal to connect that is not temporary ends it with the reason", () => {
    const refusal = frame({ id: 1, error: { code: 101, message: "sign in first", temporary: false } });
    const [session, effects] = run(fresh, [start, opened, refusal]);
    expect(session).toMatchObject({ phase: "ended", reason: "sign in first" });
    expect(effects.at(-1)).toEqual({ type: "close" });
  });
});

describe("channels", () => {
  test("going to another page leaves one channel and joins the other", () => {
    const [session, effects] = run(live(), [want("track:*")]);
    expect(sent(effects)).toEqual([
      { id: 3, method: "unsubscribe", params: { channel: MOE } },
      { id: 4, method: "subscribe", params: { channel: "track:*" } },
    ]);
    expect([...session.joined]).toEqual(["track:*"]);
  });

  test("states come from the answer and from pushes", () => {
    const answer = frame({ id: 2, result: { channel: MOE, position: "a", states: [race({ revision: 1 })] } });
    const push = frame({ push: { channel: MOE, position: "b", state: race({ revision: 2 }) } });
    const [session, effects] = run(live(), [answer, push]);
    const delivered = effects.flatMap((effect) => (effect.type === "deliver" ? effect.states : []));
    expect(delivered.map((state) => state.revision)).toEqual([1, 2]);
    expect(session.positions.get(MOE)).toBe("b");
  });

  test("a channel refused for good is not asked for again until somebody wants it anew", () => {
    const refusal = frame({ id: 2, error: { code: 104, message: "unknown race", temporary: false } });
    const [session, effects] = run(live(), [refusal, { type: "tick" }]);
    expect(effects).toEqual([]);
    expect(session.refused.get(MOE)).toBe("unknown race");
    expect(sent(run(session, [want(MOE)])[1])).toHaveLength(1);
  });

  test("one refused for now is asked for again after a pause", () => {
    const refusal = frame({ id: 2, error: { code: 100, message: "busy", temporary: true } });
    const [session, early] = run(live(), [refusal, { type: "tick" }]);
    expect(early).toEqual([]);
    expect(sent(run(session, [{ type: "tick" }], 5_000)[1])).toEqual([
      { id: 3, method: "subscribe", params: { channel: MOE } },
    ]);
  });
});

describe("heartbeats", () => {
  test("an empty frame is answered with one", () => {
    expect(sent(run(live(), [frame({})])[1])).toEqual([{}]);
  });

  test("silence of two and a half heartbeats is a lost connection", () => {
    const heard = live();
    const silence = (ms: number): Phase => step(heard, { type: "tick" }, heard.heardAt + ms, 0.5)[0].phase;
    type Phase = Session["phase"];
    expect(silence(25_000)).toBe("live");
    expect(silence(25_001)).toBe("waiting");
    expect(step(heard, { type: "tick" }, heard.heardAt + 25_001, 0.5)[1]).toEqual([{ type: "close" }]);
  });

  test("a dial nobody picks up is given up in the same way", () => {
    const [dialled] = run(fresh, [start]);
    expect(step(dialled, { type: "tick" }, 25_001, 0.5)[0].phase).toBe("waiting");
  });
});

describe("coming back", () => {
  test("after a loss it waits, dials, and resumes from its position", () => {
    const push = frame({ push: { channel: MOE, position: "p7", state: race() } });
    const [waiting] = run(live(), [push, lost]);
    expect(waiting).toMatchObject({ phase: "waiting", attempt: 1, retryAt: 1_750 });
    expect(run(waiting, [{ type: "tick" }], 1_749)[1]).toEqual([]);
    const [back, effects] = run(waiting, [{ type: "tick" }, opened, connected()], 1_750);
    expect(back).toMatchObject({ phase: "live", attempt: 0 });
    expect(sent(effects).at(-1)).toEqual({ id: 2, method: "subscribe", params: { channel: MOE, position: "p7" } });
  });

  test("in another epoch positions mean nothing and what is held is given up", () => {
    const push = frame({ push: { channel: MOE, position: "p7", state: race() } });
    const [, effects] = run(live(), [push, lost, start, opened, connected("e2")]);
    expect(effects.filter((effect) => effect.type === "reset")).toHaveLength(1);
    expect(sent(effects).at(-1)).toEqual({ id: 2, method: "subscribe", params: { channel: MOE } });
  });

  test.each([
    [1000, "waiting"],
    [1006, "waiting"],
    [3000, "waiting"],
    [3499, "waiting"],
    [3500, "ended"],
    [4999, "ended"],
  ])("close code %i leaves it %s", (code, phase) => {
    expect(run(live(), [{ type: "closed", code, reason: "moved" }])[0]).toMatchObject({ phase, reason: "moved" });
  });

  test("once it has ended it stays ended", () => {
    const [session] = run(live(), [{ type: "closed", code: 3500, reason: "" }]);
    expect(step(session, { type: "tick" }, 1e9, 0.5)).toEqual([session, []]);
    expect(session.reason).toBe("closed with code 3500");
  });
});

describe("alerts", () => {
  const watching = (): Session => run(fresh, [start, want("alerts"), opened, connected()])[0];
  const heard = (effects: readonly Effect[]): string[] =>
    effects.flatMap((effect) => (effect.type === "alert" ? effect.alerts.map((one) => one.alert_id) : []));
  const missed = (effects: readonly Effect[]): number => effects.filter((effect) => effect.type === "missed").length;
  const answer = (recovered: boolean, ...ids: string[]): Happening =>
    frame({ id: 2, result: { channel: "alerts", position: "a1", recovered, events: ids.map((id) => alert(id)) } });

  test("those of one's own rules come as notices", () => {
    const { event_time, race_id } = alert("x");
    const event = { alert_id: "n", race_id, kind: "SCRATCH", title: "7 is out", text: "why", event_time };
    const [, effects] = run(watching(), [frame({ push: { channel: "alerts:me", position: "m1", event } })]);
    expect(effects.at(-1)).toEqual({ type: "notice", notices: [event] });
    expect(heard(effects)).toEqual([]);
  });

  test("they come by pushes, and none is missed by one who has just come", () => {
    const push = frame({ push: { channel: "alerts", position: "a2", event: alert("x") } });
    const [session, effects] = run(watching(), [answer(false), push]);
    expect(heard(effects)).toEqual(["x"]);
    expect(missed(effects)).toBe(0);
    expect(session.positions.get("alerts")).toBe("a2");
  });

  test("what came while offline is told on the way back", () => {
    const [waiting] = run(watching(), [answer(false), lost]);
    const [, effects] = run(waiting, [start, opened, connected(), answer(true, "y", "z")]);
    expect(sent(effects).at(-1)).toEqual({
      id: 2,
      method: "subscribe",
      params: { channel: "alerts", position: "a1" },
    });
    expect(heard(effects)).toEqual(["y", "z"]);
    expect(missed(effects)).toBe(0);
  });

  test("where not all can be had any more, that is said", () => {
    const [waiting] = run(watching(), [answer(false), lost]);
    expect(missed(run(waiting, [start, opened, connected(), answer(false)])[1])).toBe(1);
  });
});

test.each(["not json", "[1]", "null", "7", '{"id":99,"result":{}}', '{"push":{"state":{"race_id":"X"}}}', '{"push":{"event":{}}}'])(
  "what it cannot understand changes nothing: %s",
  (text) => {
    const before = live();
    const [session, effects] = step(before, { type: "frame", text }, before.heardAt, 0.5);
    expect(session).toEqual(before);
    expect(effects).toEqual([]);
  },
);
