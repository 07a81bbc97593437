/** Alerts that one's own rules asked for, as they come while the page is open. */
import { raceLink } from "../../route";
import { notices } from "../../store";
import { when } from "./when";

export function Notices() {
  const { events, gap } = notices.value;
  return (
    <section class="card wide" data-testid="notices">
      <h2>What came</h2>
      {gap && <p class="none">Some came while you were away that are not to be had any more.</p>}
      <ol class="items" aria-live="polite" aria-relevant="additions">
        {events.map((event) => (
          <li key={event.alert_id} data-testid="notice" data-kind={event.kind}>
            <span>
              <a href={raceLink(event.race_id)}>{event.title}</a>
              <small>{event.text}</small>
            </span>
            <time dateTime={event.event_time}>{when(event.event_time)}</time>
          </li>
        ))}
      </ol>
      {events.length === 0 && <p class="none">Nothing since the page was opened.</p>}
    </section>
  );
}
