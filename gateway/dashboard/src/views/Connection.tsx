/** Whether what is on the screen is live, and if not, when the next try is or why there is none. */
import { now, session } from "../store";
import type { Session } from "../session";

export function connectionText({ phase, attempt, retryAt, reason }: Session, at: number): string {
  if (phase === "live") return "Live";
  if (phase === "ended") return `Disconnected: ${reason ?? "the server closed"}`;
  if (attempt === 0) return "Connecting";
  const seconds = Math.ceil((retryAt - at) / 1000);
  return phase === "waiting" && seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting";
}

export function Connection() {
  const current = session.value;
  // The clock is read only while there is something to count.
  const at = current.phase === "waiting" ? now.value : 0;
  return (
    <div class="connection" data-testid="connection" data-phase={current.phase} title={current.reason ?? undefined}>
      <i aria-hidden="true" />
      <span role="status">{connectionText(current, at)}</span>
      {current.phase === "ended" && (
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      )}
    </div>
  );
}
