/** Which page the address names: the day, one race, what is one's own, or what a mail's link asks for. */
import { signal } from "@preact/signals";

export const OWN = ["alerts", "account", "programs", "play"] as const;
export type Own = (typeof OWN)[number];
const MAILED = ["confirm", "reset", "address"] as const;
export type Mailed = (typeof MAILED)[number];

export type Route =
  | { readonly page: "day" }
  | { readonly page: "race"; readonly raceId: string }
  | { readonly page: "own"; readonly own: Own }
  | { readonly page: "mailed"; readonly mailed: Mailed; readonly token: string };

/** `#/race/ID` is a race, `#/alerts` one's own, `#confirm=TOKEN` a mail's link; everything else the day. */
export function parseRoute(hash: string): Route {
  const race = /^#\/race\/([^/]+)$/.exec(hash);
  if (race?.[1] !== undefined) return { page: "race", raceId: decoded(race[1]) };
  const own = OWN.find((name) => hash === `#/${name}` || hash === `#${name}`);
  if (own !== undefined) return { page: "own", own };
  const link = /^#([a-z]+)=([\w-]{1,128})$/.exec(hash);
  const mailed = MAILED.find((name) => name === link?.[1]);
  if (mailed !== undefined && link?.[2] !== undefined) return { page: "mailed", mailed, token: link[2] };
  return { page: "day" };
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
    // A token stays neither in the address nor in the history of the browser.
    if (route.value.page === "mailed") history.replaceState(null, "", location.pathname);
    window.scrollTo(0, 0);
  };
  window.addEventListener("hashchange", follow);
  follow();
}
