/** The service worker: shows what is pushed, also while no page is open, and opens the race it is about. */
import { shown } from "./notification";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { title, body, tag, hash, at } = shown(event.data?.text() ?? null);
  const options: NotificationOptions & { timestamp?: number } = { body, tag, data: { hash } };
  if (at !== null) options.timestamp = at;
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { hash } = event.notification.data as { hash: string };
  event.waitUntil(open(self.registration.scope + hash));
});

/** Shows the address in a page that is open, else in a new one. */
async function open(address: string): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) {
    await self.clients.openWindow(address);
    return;
  }
  await page.navigate(address);
  await page.focus();
}
