/** The frame around every page: who we are, whether the data is live, and what this is not. */
import { useEffect } from "preact/hooks";
import { ODDS_FORMATS } from "../odds";
import { route } from "../route";
import { oddsFormat } from "../settings";
import { Mailed } from "./account/Mailed";
import { Own } from "./account/Own";
import { Proof } from "./account/Proof";
import { Choice } from "./Choice";
import { Connection } from "./Connection";
import { Day } from "./Day";
import { Race } from "./Race";
import { Reminder } from "./Reminder";

const FORMAT_NAMES = { decimal: "Decimal", fractional: "Fractional", american: "American", probability: "Implied %" };

export function App() {
  const at = route.value;
  const { page } = at;
  useEffect(() => {
    if (page === "day") document.title = "Races of the day – HorseRacePro";
  }, [page]);
  return (
    <>
      <header class="masthead">
        <a class="brand" href="#/">
          HorseRace<b>Pro</b>
        </a>
        <nav class="places" aria-label="Places">
          <a href="#/" aria-current={page === "day" ? "page" : undefined}>
            Races
          </a>
          <a href="#/alerts" aria-current={at.page === "own" && at.own === "alerts" ? "page" : undefined}>
            My alerts
          </a>
          <a href="#/account" aria-current={at.page === "own" && at.own !== "alerts" ? "page" : undefined}>
            Account
          </a>
        </nav>
        <Choice
          label="Odds"
          choices={ODDS_FORMATS}
          names={FORMAT_NAMES}
          value={oddsFormat.value}
          onChange={(choice) => (oddsFormat.value = choice)}
        />
        <Connection />
      </header>
      <Reminder />
      <main>
        <Place />
      </main>
      <Proof />
      <footer class="colophon">It helps you decide. It never bets and never promises.</footer>
    </>
  );
}

function Place() {
  const at = route.value;
  if (at.page === "race") return <Race key={at.raceId} id={at.raceId} />;
  if (at.page === "own") return <Own key={at.own} own={at.own} />;
  if (at.page === "mailed") return <Mailed key={at.token} mailed={at.mailed} token={at.token} />;
  return <Day />;
}
