/** Where, when, how far and over what; the countdown; and how old the data is. */
import { ageSeconds, type Sighting } from "../board";
import type { RaceState } from "../contract";
import { age, distance, localTime, longDate, words } from "../format";
import { clockText, stageOf, statusText } from "../races";
import { isLive, now } from "../store";

export function RaceHeader({ sighting }: { readonly sighting: Sighting }) {
  const { state } = sighting;
  const stage = stageOf(state);
  return (
    <header class="race-head" data-stage={stage}>
      <div class="race-title">
        <a class="back-link" href="#/">
          Races of the day
        </a>
        <h1>
          {state.track_name}
          {state.race_number !== null && <span class="race-number">Race {state.race_number}</span>}
        </h1>
        <p class="facts">
          {factsOf(state).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      <div class="race-clock">
        <Countdown sighting={sighting} />
        <p>
          <span class="status" data-testid="race-status" data-stage={stage} data-status={state.status}>
            {statusText(state)}
          </span>
          <Age sighting={sighting} />
        </p>
      </div>
    </header>
  );
}

function factsOf(state: RaceState): readonly string[] {
  const places = state.places_paid === null ? null : `${state.places_paid} places paid`;
  const off = `Off ${localTime(state.off_time ?? state.scheduled_off, state.time_zone)}`;
  const known = [
    state.race_name,
    distance(state.distance_furlongs, state.country),
    words(state.surface),
    words(state.track_condition),
    off,
    places,
    longDate(state.race_date),
  ];
  return known.filter((fact): fact is string => Boolean(fact));
}

function Countdown({ sighting }: { readonly sighting: Sighting }) {
  return (
    <p class="countdown" role="timer" data-testid="countdown">
      {clockText(sighting, now.value)}
    </p>
  );
}

/** Without a live connection nobody can say whether the data is still the latest. */
function Age({ sighting }: { readonly sighting: Sighting }) {
  const freshness = isLive.value ? sighting.state.freshness : "unknown";
  return (
    <span class="freshness" data-freshness={freshness}>
      {freshness === "unknown" ? "Freshness unknown" : words(freshness)}
      <span data-testid="age">{age(ageSeconds(sighting, now.value))}</span>
    </span>
  );
}
