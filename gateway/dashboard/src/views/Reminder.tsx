/** The reminder of time or stake that somebody asked for, on whichever page they are. */
import { due, putAway, reminders, reminderText } from "../play";

export function Reminder() {
  const shown = reminders(due.value, putAway.value);
  if (shown.length === 0) return null;
  return (
    <div class="reminder" role="alert" data-testid="reminder">
      <p>
        {reminderText(shown)} <a href="#/play">Pause, or see where you stand</a>
      </p>
      <button type="button" onClick={() => (putAway.value = due.value)}>
        Put away
      </button>
    </div>
  );
}
