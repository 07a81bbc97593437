/** The race's recent alerts, newest first, read out as they come. */
import type { AlertKind, RaceState } from "../contract";
import { localTime } from "../format";

const KINDS: Readonly<Record<AlertKind, string>> = {
  SCRATCH: "Scratch",
  RE_ENTRY: "Re-entry",
  VALUE: "Value",
  STEAM: "Steam",
  DRIFT: "Drift",
  NEW_FAVOURITE: "New favourite",
  RIDER: "Rider",
  EQUIPMENT: "Equipment",
  WEIGHT: "Weight",
  GOING: "Going",
  RESULT: "Result",
};

export function Alerts({ state }: { readonly state: RaceState }) {
  return (
    <section class="alerts">
      <h2>Alerts</h2>
      <ol aria-live="polite" aria-relevant="additions">
        {state.alerts.map((alert) => (
          <li key={alert.alert_id} data-testid="alert" data-kind={alert.kind}>
            <time dateTime={alert.event_time}>{localTime(alert.event_time, state.time_zone, true)}</time>
            <b>{KINDS[alert.kind] ?? alert.kind}</b>
            <p>{alert.headline}</p>
          </li>
        ))}
      </ol>
      {state.alerts.length === 0 && <p class="none">None so far.</p>}
    </section>
  );
}
