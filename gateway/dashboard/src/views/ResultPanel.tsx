/** How the race ended: the placed runners in order, with starting prices; or that it was abandoned. */
import type { RaceState, Runner } from "../contract";
import { localTime, ordinal } from "../format";
import { odds } from "../odds";
import { oddsFormat } from "../settings";
import { Cloth } from "./Cloth";

export function ResultPanel({ state }: { readonly state: RaceState }) {
  if (state.status === "ABANDONED") {
    return <p class="abandoned">Abandoned. There are no probabilities for this race.</p>;
  }
  if (!state.result) return null;
  return (
    <section class="result" data-testid="result" data-state={state.result.state}>
      <h2>
        {state.result.state === "OFFICIAL" ? "Official result" : "Unofficial result"}
        <time dateTime={state.result.time}>{localTime(state.result.time, state.time_zone, true)}</time>
      </h2>
      <ol>
        {placed(state).map((runner) => (
          <li key={runner.runner_id} data-won={state.result?.winners.includes(runner.runner_id) ?? false}>
            <span class="place">{runner.finish_position === null ? "1st" : ordinal(runner.finish_position)}</span>
            <Cloth runner={runner} country={state.country} />
            <span class="horse">{runner.name ?? runner.runner_id}</span>
            <span class="sp">
              {runner.starting_price !== null && `SP ${odds(runner.starting_price, oddsFormat.value)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Those in the paid places (winners count as first where no positions are known), best first. */
function placed(state: RaceState): readonly Runner[] {
  const paid = Math.max(state.places_paid ?? 3, 1);
  const place = (runner: Runner): number =>
    runner.finish_position ?? (state.result?.winners.includes(runner.runner_id) ? 1 : Infinity);
  return state.runners.filter((one) => place(one) <= paid).sort((one, other) => place(one) - place(other));
}
