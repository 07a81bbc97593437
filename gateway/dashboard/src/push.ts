/** Web push of this browser: its service worker, its subscription, and the channel that stands for it. */
import { call } from "./api";

export interface Channel {
  readonly id: string;
  readonly created_at: string;
  readonly kind: "webpush" | "mail" | "websocket" | "apprise";
  readonly name: string;
  readonly to: string;
  readonly events: readonly string[];
  readonly digest_minutes: number | null;
  readonly state: string;
  readonly reason: string | null;
}

const KEPT = "hpr.push-channel";

export function canPush(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** The id of the channel that this browser made, if it did. */
export function ownChannel(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Asks the person and the browser's push service, then makes the channel. Raises an Error saying what to do. */
export async function subscribe(): Promise<Channel> {
  const worker = await navigator.serviceWorker.register(new URL("sw.js", document.baseURI));
  await navigator.serviceWorker.ready;
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("This browser does not show notifications of this page: allow them in its settings.");
  }
  const { key } = await call<{ key: string }>("GET", "v1/push/key");
  const subscription = await subscribed(worker, key);
  const { endpoint, keys } = subscription.toJSON();
  const made = await call<Channel>("POST", "v1/channels", { kind: "webpush", name: thisBrowser(), endpoint, keys });
  keep(made.id);
  return made;
}

async function subscribed(worker: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  const applicationServerKey = bytes(key);
  try {
    return await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "InvalidStateError") {
      throw new Error("This browser's push service does not answer. Try again, or use another channel.");
    }
    // There is one for another key, as after the gateway was set up anew.
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    return await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }
}

/** Ends the subscription; the channel is deleted by whoever calls. */
export async function unsubscribe(): Promise<void> {
  keep(null);
  const worker = await navigator.serviceWorker?.getRegistration(document.baseURI);
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
}

/** A key in base64 for URLs as bytes. */
export function bytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

const BROWSERS = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]] as const;
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]] as const;

/** What to call a browser in the list of channels, as Firefox on Android. */
export function thisBrowser(agent: string = navigator.userAgent): string {
  const name = BROWSERS.find(([mark]) => agent.includes(mark))?.[1] ?? "Browser";
  const system = SYSTEMS.find(([mark]) => agent.includes(mark))?.[1];
  return system ? `${name} on ${system}` : name;
}

function keep(id: string | null): void {
  try {
    if (id === null) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, id);
  } catch {
    return;
  }
}
