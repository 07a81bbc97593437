/** Calls of whoever is signed in: JSON both ways, the token against forgery, and problems as errors. */
import { computed, signal } from "@preact/signals";

export interface Me {
  readonly user_id: string;
  readonly email: string;
  readonly tier: string;
  readonly csrf_token: string;
  /** Those of which one is still due: until then the session opens nothing. */
  readonly second_factors: readonly string[];
}

/** Why a call failed, as the gateway says it (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** Who is signed in; null for nobody, undefined until that has been asked. */
export const me = signal<Me | null | undefined>(undefined);

/** Whoever is signed in to the end, by id. */
export const whom = computed(() => (me.value && me.value.second_factors.length === 0 ? me.value.user_id : null));

/** Somebody has to prove once more who they are: the dialog answers with whether they did. */
export const proving = signal<((proved: boolean) => void) | null>(null);

/** Counts changes of what whoever is signed in may see, as by a pause: what is shown has to be asked for anew. */
export const standing = signal(0);

const HINT = "hpr.signed-in";
const NOBODY = new Set([401, 403, 404]);

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What one request answers; raises Problem. */
export async function ask<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && me.value) headers["x-csrf-token"] = me.value.csrf_token;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  let answer: Response;
  try {
    answer = await fetch(new URL(path, document.baseURI), init);
  } catch {
    throw new Problem(0, "No answer", "The gateway does not answer. Try again in a moment.");
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as T;
  throw problemOf(answer.status, text);
}

export function problemOf(status: number, text: string): Problem {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return new Problem(status, title ?? "Failed", forPeople(detail ?? "") || (title ?? `The gateway answered ${status}.`));
  } catch {
    return new Problem(status, "Failed", `The gateway answered ${status}.`);
  }
}

/** What a problem says but the sentences that tell programs which call to make. */
export function forPeople(detail: string): string {
  const sentences = detail.split(/(?<=[.!?])\s+/);
  return sentences.filter((sentence) => !sentence.includes("/v1/")).join(" ");
}

/** The same for what is signed in to; asks for the password first where a fresh proof is due. */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  try {
    return await ask<T>(method, path, body);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401 && me.value) signedOut();
    if (error.title !== "Proof needed") throw error;
    const proved = await new Promise<boolean>((answer) => (proving.value = answer));
    proving.value = null;
    if (!proved) throw new Problem(403, "Not done", "Nothing was changed.");
    return await ask<T>(method, path, body);
  }
}

export function signedIn(state: Me): void {
  me.value = state;
  remember(true);
}

export function signedOut(): void {
  me.value = null;
  remember(false);
}

/** Whether a visit before ended signed in: only then is it asked for on every page. */
export function wasSignedIn(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function remember(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    return;
  }
}

let asking: Promise<void> | null = null;

/** Asks who is signed in, once for all who want to know: a second answer could undo a sign-in between the two. */
export function whoAmI(): Promise<void> {
  asking ??= askWho().finally(() => (asking = null));
  return asking;
}

/** A gateway without accounts answers 404, which is nobody too; any other trouble says nothing of who it is. */
async function askWho(): Promise<void> {
  try {
    signedIn(await ask<Me>("GET", "v1/session"));
  } catch (error) {
    if (error instanceof Problem && NOBODY.has(error.status)) signedOut();
    else me.value ??= null;
  }
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** All of a list that comes in pages. */
export async function all<T>(path: string): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await call<Page<T>>("GET", `${path}?limit=200${more}`);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}
