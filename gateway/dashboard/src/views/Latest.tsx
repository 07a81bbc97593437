/** The latest alerts of all races, also those that came while the page was offline. */
import { alertKind } from "../alertKinds";
import type { RaceState } from "../contract";
import { localTime } from "../format";
import { raceLink } from "../route";
import { alerts, board } from "../store";

const SHOWN = 8;

export function Latest() {
  const { events, gap } = alerts.value;
  if (events.length === 0 && !gap) return null;
  return (
    <section class="alerts latest" data-testid="latest-alerts">
      <h2>Latest alerts</h2>
      {gap && <p class="gap">Some alerts were missed while you were away. Each race shows its last ten.</p>}
      <ol aria-live="polite" aria-relevant="additions">
        {events.slice(0, SHOWN).map((event) => {
          const state = board.value.get(event.race_id)?.state;
          return (
            <li key={event.alert_id} data-testid="latest-alert" data-kind={event.kind}>
              <time dateTime={event.event_time}>
                {localTime(event.event_time, state?.time_zone ?? "UTC", true)}
              </time>
              <b>{alertKind(event.kind)}</b>
              <p>
                <a href={raceLink(event.race_id)}>
                  {state ? raceName(state) : event.race_id}
                </a>{" "}
                {event.headline}
              </p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function raceName({ track_name, race_number }: RaceState): string {
  return race_number === null ? track_name : `${track_name} R${race_number}`;
}
