/** Which page the address names: the day, or one race. */
import { signal } from "@preact/signals";

export type Route = { readonly page: "day" } | { readonly page: "race"; readonly raceId: string };

/** `#/race/RACE_ID` is a race, everything else the day. */
export function parseRoute(hash: string): Route {
  const found = /^#\/race\/([^/]+)$/.exec(hash);
  return found?.[1] === undefined ? { page: "day" } : { page: "race", raceId: decoded(found[1]) };
}

export function raceLink(raceId: string): string {
  return `#/race/${encodeURIComponent(raceId)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const route = signal<Route>({ page: "day" });

export function followAddress(): void {
  const follow = (): void => {
    route.value = parseRoute(location.hash);
    window.scrollTo(0, 0);
  };
  window.addEventListener("hashchange", follow);
  follow();
}
