/** Reminders of time and stake that somebody asked for: looked at while the page is open and in sight. */
import { effect, signal } from "@preact/signals";
import { call, me } from "./api";

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

async function look(): Promise<void> {
  if (document.hidden) return;
  try {
    due.value = (await call<PlayState>("GET", "v1/play")).due;
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
    if (!me.value || me.value.second_factors.length > 0) return undefined;
    void look();
    const timer = window.setInterval(() => void look(), LOOK_EVERY);
    return () => window.clearInterval(timer);
  });
}
