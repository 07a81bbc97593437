/** The table of runners, with the choice of its order. */
import type { RaceState, Runner } from "../contract";
import { sortBy } from "../settings";
import { trail } from "../store";
import { sparkline } from "../trail";
import { RunnerRow } from "./RunnerRow";

const SPARK_SECONDS = 1_800;
export const SPARK = { width: 84, height: 26 } as const;

interface Props {
  readonly state: RaceState;
  readonly runners: readonly Runner[];
}

export function Runners({ state, runners }: Props) {
  const likeliest = Math.max(...runners.map((runner) => runner.win_probability ?? 0), 0.01);
  return (
    <section class="runners" aria-label="Runners">
      <Order />
      <table role="table">
        <Head />
        <tbody role="rowgroup">
          {runners.map((runner) => (
            <RunnerRow
              key={runner.runner_id}
              runner={runner}
              country={state.country}
              timeZone={state.time_zone}
              won={state.result?.winners.includes(runner.runner_id) ?? false}
              share={(runner.win_probability ?? 0) / likeliest}
              line={sparkline(trail.value, runner.runner_id, SPARK_SECONDS, SPARK.width, SPARK.height)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const COLUMNS = [
  ["no", "No."],
  ["name", "Runner"],
  ["win", "Win"],
  ["form", "Form"],
  ["fair", "Fair"],
  ["value", "Value %"],
  ["place", "Place"],
  ["back", "Back"],
  ["last", "Last"],
  ["lay", "Lay"],
  ["spark", "Price, 30 min"],
  ["m1", "1 min %"],
  ["m5", "5 min %"],
] as const;

function Head() {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {COLUMNS.map(([name, title]) => (
          <th key={name} class={`c-${name}`} scope="col" role="columnheader">
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Order() {
  return (
    <div class="order" role="group" aria-label="Order of the runners">
      {(["number", "probability"] as const).map((by) => (
        <button key={by} type="button" aria-pressed={sortBy.value === by} onClick={() => (sortBy.value = by)}>
          {by === "number" ? "By number" : "By probability"}
        </button>
      ))}
    </div>
  );
}
