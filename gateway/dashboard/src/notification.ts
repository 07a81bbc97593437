/** What a push says, as the notification that is shown; a repeat of the same alert takes its place. */

export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  /** The page to open, below the worker's own address. */
  readonly hash: string;
  readonly at: number | null;
}

const NOTHING: Shown = { title: "HorseRacePro", body: "There is something new.", tag: "hpr", hash: "#/", at: null };

/** The notification of a push's text; a text that is not understood still has to be shown as something. */
export function shown(text: string | null): Shown {
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(text ?? "") as Record<string, unknown>;
  } catch {
    return NOTHING;
  }
  if (typeof said !== "object" || said === null || typeof said["title"] !== "string") return NOTHING;
  const micros = said["event_time"];
  return {
    title: said["title"],
    body: typeof said["body"] === "string" ? said["body"] : "",
    tag: typeof said["tag"] === "string" ? said["tag"] : NOTHING.tag,
    hash: hashOf(said["url"]),
    at: typeof micros === "number" ? micros / 1000 : null,
  };
}

/** Only addresses of this page are opened, whatever a push says. */
function hashOf(url: unknown): string {
  const found = typeof url === "string" ? /^\/(#\/.*)$/.exec(url) : null;
  return found?.[1] ?? NOTHING.hash;
}
