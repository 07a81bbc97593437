/** The race's recent alerts, newest first, read out as they come. */
import { alertKind } from "../alertKinds";
import { ofRace } from "../alerts";
import type { RaceState } from "../contract";
import { localTime } from "../format";
import { alerts } from "../store";

export function Alerts({ state }: { readonly state: RaceState }) {
  const shown = ofRace(alerts.value, state.race_id, state.alerts);
  return (
    <section class="alerts">
      <h2>Alerts</h2>
      <ol aria-live="polite" aria-relevant="additions">
        {shown.map((alert) => (
          <li key={alert.alert_id} data-testid="alert" data-kind={alert.kind}>
            <time dateTime={alert.event_time}>{localTime(alert.event_time, state.time_zone, true)}</time>
            <b>{alertKind(alert.kind)}</b>
            <p>{alert.headline}</p>
            {alert.detail !== "" && <p class="alert-detail">{alert.detail}</p>}
          </li>
        ))}
      </ol>
      {shown.length === 0 && <p class="none">None so far.</p>}
    </section>
  );
}
