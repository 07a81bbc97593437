/** Exotic bets: the likeliest combinations of the pool that is chosen, each with its chance and fair dividend. */
import { useEffect, useState } from "preact/hooks";
import type { Bet, RaceExotics, RaceState } from "../contract";
import { askedFor, betText, dividend, POOL_NAMES, POOL_TITLES, smallPercent } from "../exotics";
import { getExotics } from "../rest";
import { exoticPool } from "../settings";
import { now } from "../store";
import { Choice } from "./Choice";
import { Cloth } from "./Cloth";

/** The bets of the chosen pool, asked for again every few seconds while the race is open. */
function useExotics(state: RaceState): RaceExotics | null {
  const [found, setFound] = useState<RaceExotics | null>(null);
  const pool = exoticPool.value;
  const asked = askedFor(state, pool, now.value);
  useEffect(() => {
    if (asked === null) return;
    let current = true;
    getExotics(state.race_id, pool)
      .then((answer) => current && setFound(answer))
      .catch(() => current && setFound(null)); // A pool that the field is too small for has no bets.
    return () => {
      current = false;
    };
  }, [asked]);
  return asked !== null && found?.race_id === state.race_id && found.pool === pool ? found : null;
}

export function Exotics({ state }: { readonly state: RaceState }) {
  const found = useExotics(state);
  if (askedFor(state, exoticPool.value, now.value) === null) return null;
  return (
    <section class="exotics" aria-label="Exotics" data-testid="exotics">
      <h2>Exotics</h2>
      <Choice
        label="Pool"
        choices={POOL_NAMES}
        names={POOL_TITLES}
        value={exoticPool.value}
        onChange={(pool) => (exoticPool.value = pool)}
      />
      {found && found.combinations.length > 0 ? (
        <Bets found={found} country={state.country} />
      ) : (
        <p class="none">No likeliest bets of this pool.</p>
      )}
    </section>
  );
}

function Bets({ found, country }: { readonly found: RaceExotics; readonly country: string }) {
  return (
    <table>
      <caption class="unseen">The likeliest bets, {found.ordered ? "in their order" : "in any order"}</caption>
      <thead>
        <tr>
          <th scope="col">{found.ordered ? "In order" : "Any order"}</th>
          <th scope="col">Chance</th>
          <th scope="col" title="What a stake of 1 has to pay to be worth its chance">
            Fair pay
          </th>
        </tr>
      </thead>
      <tbody>
        {found.combinations.map((bet) => (
          <tr key={bet.runner_ids.join(" ")} data-testid="bet">
            <th scope="row">
              <Cloths bet={bet} country={country} />
              <span class="unseen">{betText(bet, found.ordered)}</span>
            </th>
            <td>{smallPercent(bet.probability)}</td>
            <td>{dividend(bet.fair_dividend)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cloths({ bet, country }: { readonly bet: Bet; readonly country: string }) {
  return (
    <span class="cloths" aria-hidden="true">
      {bet.numbers.map((number, at) => (
        <Cloth key={bet.runner_ids[at]?.[0]} runner={{ number }} country={country} />
      ))}
    </span>
  );
}
