/** One race in the list of the day. */
import type { Sighting } from "../board";
import type { RaceState } from "../contract";
import { localTime, percent } from "../format";
import { odds } from "../odds";
import { clockText, favourite, stageOf, statusText } from "../races";
import { raceLink } from "../route";
import { isActive, priceOf } from "../runners";
import { oddsFormat } from "../settings";
import { now } from "../store";
import { Cloth } from "./Cloth";

export function RaceRow({ sighting }: { readonly sighting: Sighting }) {
  const { state } = sighting;
  const alert = state.alerts[0];
  return (
    <li class="race-row" data-testid="race-row" data-race-id={state.race_id} data-stage={stageOf(state)}>
      <div class="when">
        <RaceClock sighting={sighting} />
        <time dateTime={state.off_time ?? state.scheduled_off ?? undefined}>
          {localTime(state.off_time ?? state.scheduled_off, state.time_zone)}
        </time>
      </div>
      <a class="what" href={raceLink(state.race_id)}>
        <strong>
          {state.track_name}
          {state.race_number !== null && <span class="race-number">R{state.race_number}</span>}
        </strong>
        {state.race_name && <span class="race-name">{state.race_name}</span>}
      </a>
      <div class="standing">
        <span class="status" data-testid="race-status" data-stage={stageOf(state)} data-status={state.status}>
          {statusText(state)}
        </span>
        <span class="field">{state.runners.filter(isActive).length} runners</span>
      </div>
      <Leader state={state} />
      <p class="last-alert" data-kind={alert?.kind}>
        {alert?.headline}
      </p>
    </li>
  );
}

function RaceClock({ sighting }: { readonly sighting: Sighting }) {
  return <span class="clock">{clockText(sighting, now.value)}</span>;
}

/** The winner once there is one, until then the favourite. */
function Leader({ state }: { readonly state: RaceState }) {
  const winner = state.runners.find((runner) => state.result?.winners.includes(runner.runner_id));
  const leader = winner ?? (stageOf(state) === "abandoned" ? null : favourite(state));
  if (!leader) return <div class="leader" />;
  const price = winner?.starting_price ?? priceOf(leader);
  const beside = winner ? (leader.starting_price === null ? "" : "SP") : percent(leader.win_probability);
  return (
    <div class="leader">
      <span class="leader-name">
        <Cloth runner={leader} country={state.country} />
        <span>
          {leader.name ?? leader.runner_id}
          {winner && <small> won</small>}
        </span>
      </span>
      <span class="leader-price">{odds(price, oddsFormat.value)}</span>
      <span class="leader-win">{beside}</span>
    </div>
  );
}
