/** One race: its header, its runners, the chart of their prices, and what has happened. */
import { useEffect } from "preact/hooks";
import type { Sighting } from "../board";
import { clockText } from "../races";
import { orderRunners } from "../runners";
import { sortBy } from "../settings";
import { board, failure, loaded, now, session } from "../store";
import { Alerts } from "./Alerts";
import { Exotics } from "./Exotics";
import { Form } from "./Form";
import { Pace } from "./Pace";
import { PriceChart } from "./PriceChart";
import { RaceHeader } from "./RaceHeader";
import { ResultPanel } from "./ResultPanel";
import { Runners } from "./Runners";
import { Sums } from "./Sums";
import { Why } from "./Why";

export function Race({ id }: { readonly id: string }) {
  const sighting = board.value.get(id);
  if (!sighting) return <NoRace id={id} />;
  const { state } = sighting;
  return (
    <article class="race" data-race-id={id}>
      <Title sighting={sighting} />
      <RaceHeader sighting={sighting} />
      <div class="race-main">
        <ResultPanel state={state} />
        <Runners state={state} runners={orderRunners(state.runners, sortBy.value)} />
        <Sums state={state} />
        <Pace state={state} />
        <Form state={state} />
      </div>
      <aside class="race-side">
        <Why lines={state.why} />
        <Alerts state={state} />
        <Exotics state={state} />
      </aside>
      <PriceChart state={state} />
    </article>
  );
}

/** The tab's title counts down too, for those who keep several races open. */
function Title({ sighting }: { readonly sighting: Sighting }) {
  const { track_name, race_number } = sighting.state;
  const title = `${clockText(sighting, now.value)} · ${track_name}${race_number === null ? "" : ` R${race_number}`}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

function NoRace({ id }: { readonly id: string }) {
  const refused = session.value.refused.get(`race:${id}`);
  const text = !loaded.value
    ? "Reading the race…"
    : failure.value === "not found" || refused
      ? `There is no race ${id}.`
      : "The gateway does not answer. The race appears here as soon as it does.";
  return (
    <div class="empty">
      <p>{text}</p>
      <a href="#/">Races of the day</a>
    </div>
  );
}
