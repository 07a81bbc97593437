/** What is told of what somebody looks at: nothing but by their consent, and then without their name. */
import { effect, signal } from "@preact/signals";
import { call, me } from "./api";
import { route } from "./route";

export type Kind = "VIEWED" | "TRACKED" | "UNTRACKED" | "TICKETED";
export type Subject = "RACE" | "RUNNER" | "HORSE" | "JOCKEY" | "TRAINER" | "TRACK";

/** Whether whoever is signed in has consented; null until that is known. */
export const consent = signal<boolean | null>(null);

/** Tells of something done; that it fails is nobody's trouble. */
export function tell(kind: Kind, subject: Subject, key: string): void {
  if (consent.peek() !== true || !me.peek()) return;
  void call("POST", "v1/interactions", { interactions: [{ kind, subject, key }] }).catch(() => undefined);
}

/** Follows who is signed in, and tells of the races that they open. */
export function tellViews(): void {
  effect(() => {
    const who = me.value;
    consent.value = null;
    if (!who || who.second_factors.length > 0) return;
    void call<{ interactions: boolean }>("GET", "v1/preferences")
      .then(({ interactions }) => (consent.value = interactions))
      .catch(() => undefined);
  });
  effect(() => {
    const at = route.value;
    if (consent.value === true && at.page === "race") tell("VIEWED", "RACE", at.raceId);
  });
}
