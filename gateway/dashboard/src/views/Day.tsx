/** The races of the day: those to come by time to the off, then those that are over. */
import { dayOrder } from "../races";
import type { Sighting } from "../board";
import { longDate } from "../format";
import { board, failure, loaded } from "../store";
import { Latest } from "./Latest";
import { RaceRow } from "./RaceRow";

export function Day() {
  const { ahead, over } = dayOrder(board.value);
  const dates = [...new Set([...board.value.values()].map(({ state }) => state.race_date))].sort();
  const [first, last] = [dates[0], dates.at(-1)];
  return (
    <div class="day">
      <div class="day-head">
        <h1>Races of the day</h1>
        {first && last && <p>{first === last ? longDate(first) : `${longDate(first)} to ${longDate(last)}`}</p>}
      </div>
      {board.value.size === 0 && <p class="empty">{emptyText(loaded.value, failure.value)}</p>}
      <Latest />
      <Races title="To come" races={ahead} />
      <Races title="Run" races={over} />
    </div>
  );
}

function emptyText(hasLoaded: boolean, why: string | null): string {
  if (!hasLoaded) return "Reading the card…";
  return why ? "The gateway does not answer. Races appear here as soon as it does." : "No races yet. They appear here.";
}

function Races({ title, races }: { readonly title: string; readonly races: readonly Sighting[] }) {
  if (races.length === 0) return null;
  return (
    <section class="races">
      <h2>
        {title} <small>{races.length}</small>
      </h2>
      <ol>
        {races.map((sighting) => (
          <RaceRow key={sighting.state.race_id} sighting={sighting} />
        ))}
      </ol>
    </section>
  );
}
