/** Reminders of time and stake that somebody asked for: looked at while the page is open and in sight. */
import { effect, signal } from "@preact/signals";
import { call, whom } from "./api";

export interface PlayState {
  readonly remind_minutes: number | null;
  readonly remind_stake: number | null;
  readonly minutes: number;
  readonly staked: number;
  readonly due: readonly ("time" | "stake")[];
  readonly withheld: "pause" | "exclusion" | null;
  readonly until: string | null;
}

/** What is due now, and what somebody has put away: it comes again when more is due. */
export const due = signal<readonly string[]>([]);
export const putAway = signal<readonly string[]>([]);

const LOOK_EVERY = 60_000;

/** What there is to be reminded of. */
export function reminders(due: readonly string[], putAway: readonly string[]): readonly string[] {
  return due.filter((one) => !putAway.includes(one));
}

const TEXTS: Readonly<Record<string, string>> = {
  time: "It is the time at which you wanted to be reminded.",
  stake: "You have staked as much as you wanted to be reminded of.",
};

export function reminderText(due: readonly string[]): string {
  return due.map((one) => TEXTS[one] ?? "").join(" ");
}

let asked = 0;
let answered = 0;

/** Takes note of what an answer says is due, unless one that was asked for later has come already. */
export async function heard(answer: Promise<PlayState>): Promise<PlayState> {
  const turn = ++asked;
  const state = await answer;
  if (turn > answered) {
    answered = turn;
    due.value = state.due;
  }
  return state;
}

async function look(): Promise<void> {
  if (document.hidden) return;
  try {
    await heard(call<PlayState>("GET", "v1/play"));
  } catch {
    // Whoever cannot be asked now is asked in a minute.
    return;
  }
}

/** Looks while somebody is signed in. */
export function remind(): void {
  effect(() => {
    due.value = [];
    putAway.value = [];
    if (whom.value === null) return undefined;
    void look();
    const timer = window.setInterval(() => void look(), LOOK_EVERY);
    return () => window.clearInterval(timer);
  });
}
