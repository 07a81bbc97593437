/** The frame around every page: who we are, whether the data is live, and what this is not. */
import { useEffect } from "preact/hooks";
import { ODDS_FORMATS } from "../odds";
import { raceId } from "../store";
import { oddsFormat } from "../settings";
import { Choice } from "./Choice";
import { Connection } from "./Connection";
import { Day } from "./Day";
import { Race } from "./Race";

const FORMAT_NAMES = { decimal: "Decimal", fractional: "Fractional", american: "American", probability: "Implied %" };

export function App() {
  const id = raceId.value;
  useEffect(() => {
    if (id === null) document.title = "Races of the day – HorseRacePro";
  }, [id]);
  return (
    <>
      <header class="masthead">
        <a class="brand" href="#/">
          HorseRace<b>Pro</b>
        </a>
        <Choice
          label="Odds"
          choices={ODDS_FORMATS}
          names={FORMAT_NAMES}
          value={oddsFormat.value}
          onChange={(choice) => (oddsFormat.value = choice)}
        />
        <Connection />
      </header>
      <main>{id === null ? <Day /> : <Race key={id} id={id} />}</main>
      <footer class="colophon">It helps you decide. It never bets and never promises.</footer>
    </>
  );
}
