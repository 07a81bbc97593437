/** The gateway's REST answers that the page reads. */
import type { RaceDay, RaceExotics, RaceForm, RaceHistory, RaceState } from "./contract";
import type { PoolName } from "./exotics";

/** What the gateway said no with. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    path: string,
  ) {
    super(`${path} answered ${status}`);
  }
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(new URL(path, document.baseURI), { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Refused(answer.status, path);
  return (await answer.json()) as T;
}

export const getRaces = (): Promise<RaceDay> => get("v1/races");
export const getRace = (id: string): Promise<RaceState> => get(`v1/races/${encodeURIComponent(id)}`);
export const getHistory = (id: string): Promise<RaceHistory> => get(`v1/races/${encodeURIComponent(id)}/history`);

export const getForm = (id: string): Promise<RaceForm> => get(`v1/races/${encodeURIComponent(id)}/form`);

export const getExotics = (id: string, pool: PoolName): Promise<RaceExotics> =>
  get(`v1/races/${encodeURIComponent(id)}/exotics?pool=${pool}`);

/** The live protocol's address beside this page. */
export function liveAddress(): string {
  const address = new URL("v1/ws", document.baseURI);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
