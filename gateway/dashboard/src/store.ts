/** The page's state as signals, and the wiring that fills them from REST and the live session. */
import { computed, effect, signal } from "@preact/signals";
import { type Log, emptyLog, log, passedOver } from "./alerts";
import { standing, wasSignedIn, whoAmI, whom } from "./api";
import { accept, type Board } from "./board";
import type { NoticeEvent, RaceState } from "./contract";
import { tellViews } from "./interactions";
import { remind } from "./play";
import { getHistory, getRace, getRaces, liveAddress, Refused } from "./rest";
import { route } from "./route";
import { fresh, type Session } from "./session";
import { goLive } from "./socket";
import { emptyTrail, extend, join, type Trail } from "./trail";

export const now = signal(Date.now());
export const board = signal<Board>(new Map());
export const session = signal<Session>(fresh);
/** What came over the channel of alerts since the page was opened, also while it was offline. */
export const alerts = signal<Log>(emptyLog);
/** What one's own rules asked for, of whoever is signed in. */
export const notices = signal<Log<NoticeEvent>>(emptyLog);
export const trail = signal<Trail>(emptyTrail);
/** Whether the first answer for this page has come, and what went wrong if one did not. */
export const loaded = signal(false);
export const failure = signal<string | null>(null);

export const raceId = computed(() => (route.value.page === "race" ? route.value.raceId : null));
const MINE = "alerts:me";
/** Whose connection it is: the account that is wholly signed in. */
const seer = computed(() => `${whom.value} ${standing.value}`);
export const isLive = computed(() => session.value.phase === "live");

/** People read ten pictures a second at most; what comes in between is drawn together. */
const DRAW_EVERY = 100;
let waiting: RaceState[] = [];

function arrive(states: readonly RaceState[]): void {
  if (waiting.length === 0) window.setTimeout(draw, DRAW_EVERY);
  waiting.push(...states);
}

function draw(): void {
  const states = waiting;
  waiting = [];
  show(states);
}

function show(states: readonly RaceState[]): void {
  const id = raceId.peek();
  const before = id === null ? undefined : board.peek().get(id);
  board.value = accept(board.peek(), states, Date.now());
  const after = id === null ? undefined : board.peek().get(id);
  if (after && after !== before) trail.value = extend(trail.peek(), after.state);
  loaded.value = true;
}

async function load(id: string | null): Promise<void> {
  try {
    const states = id === null ? (await getRaces()).races : [await getRace(id)];
    if (id !== raceId.peek()) return;
    show(states);
    failure.value = null;
  } catch (error) {
    if (id !== raceId.peek()) return;
    failure.value = error instanceof Refused && error.status === 404 ? "not found" : "no answer";
    loaded.value = true;
  }
}

async function loadTrail(id: string): Promise<void> {
  try {
    const history = await getHistory(id);
    if (id === raceId.peek()) trail.value = join(history, trail.peek());
  } catch {
    // Without history the chart starts from now.
    return;
  }
}

/** Starts the clock, the session, and the loading that follows the address. */
export function start(): void {
  window.setInterval(() => (now.value = Date.now()), 1_000);
  const live = goLive(liveAddress(), {
    session: (next) => (session.value = next),
    states: arrive,
    alerts: (events) => (alerts.value = log(alerts.peek(), events)),
    notices: (events) => (notices.value = log(notices.peek(), events)),
    missed: (channel) => {
      if (channel === MINE) notices.value = passedOver(notices.peek());
      else alerts.value = passedOver(alerts.peek());
    },
    reset: () => {
      waiting = [];
      board.value = new Map();
      trail.value = emptyTrail;
      void load(raceId.peek());
    },
  });
  effect(() => {
    const id = raceId.value;
    trail.value = emptyTrail;
    loaded.value = false;
    failure.value = null;
    void load(id);
  });
  effect(() => {
    const id = raceId.value;
    live.want([id === null ? "track:*" : `race:${id}`, "alerts", ...(whom.value ? [MINE] : [])]);
  });
  if (wasSignedIn()) void whoAmI();
  tellViews();
  remind();
  // The cookie comes with the opening request: another person, or one who may see less, needs another connection.
  let before = seer.peek();
  effect(() => {
    if (seer.value === before) return;
    before = seer.value;
    notices.value = emptyLog;
    board.value = new Map();
    live.anew();
    void load(raceId.peek());
  });
  // After every gap the bars are read again: live points alone would draw a straight line across it.
  effect(() => {
    const id = raceId.value;
    if (isLive.value && id !== null) void loadTrail(id);
  });
}
