/** One runner: who it is, what we think, what the market says, and where that is going. */
import type { Runner } from "../contract";
import { amount, change, localTime, ordinal, percent } from "../format";
import { odds } from "../odds";
import { priceOf } from "../runners";
import { oddsFormat } from "../settings";
import { Cloth } from "./Cloth";
import { Flash } from "./Flash";
import { SPARK } from "./Runners";

interface Props {
  readonly runner: Runner;
  readonly country: string;
  readonly timeZone: string;
  readonly won: boolean;
  /** Win probability as a share of the likeliest runner's, for the bar. */
  readonly share: number;
  readonly line: string | null;
}

export function RunnerRow({ runner, country, timeZone, won, share, line }: Props) {
  return (
    <tr
      role="row"
      data-testid="runner"
      data-runner-id={runner.runner_id}
      data-status={runner.status}
      data-trend={runner.trend}
      data-won={won}
    >
      <td class="c-no" role="cell">
        <Cloth runner={runner} country={country} />
      </td>
      <th class="c-name" role="rowheader" scope="row">
        <Name runner={runner} />
      </th>
      {runner.status === "SCRATCHED" ? (
        <td class="c-scratch" role="cell" colSpan={11}>
          {scratchText(runner, timeZone)}
        </td>
      ) : (
        <Figures runner={runner} share={share} line={line} />
      )}
    </tr>
  );
}

function Name({ runner }: { readonly runner: Runner }) {
  const eligible = runner.status === "ALSO_ELIGIBLE" ? "also eligible" : null;
  const below = [eligible, runner.jockey_name, runner.form && `form ${runner.form}`].filter(Boolean).join(" · ");
  return (
    <>
      <span class="horse">
        {runner.status === "SCRATCHED" ? <s>{label(runner)}</s> : <span>{label(runner)}</span>}
        {runner.finish_position !== null && <b class="finish">{ordinal(runner.finish_position)}</b>}
      </span>
      {(below || runner.longshot !== null) && (
        <small>
          {runner.longshot !== null && <Longshot reasons={runner.longshot} />}
          {below}
        </small>
      )}
    </>
  );
}

/** A badge; its reasons stand in the form below as well. */
function Longshot({ reasons }: { readonly reasons: string }) {
  return (
    <b class="longshot" data-testid="longshot" title={reasons}>
      Longshot<span class="unseen">: {reasons}</span>
    </b>
  );
}

function label(runner: Runner): string {
  return runner.name ?? `Runner ${runner.number ?? runner.runner_id}`;
}

/** The time it was scratched, what winnings on the others lose, and why, as far as known. */
function scratchText({ scratch }: Runner, timeZone: string): string {
  if (!scratch) return "Scratched";
  const reduction = scratch.reduction_factor === null ? null : `reduction ${scratch.reduction_factor.toFixed(1)} %`;
  const when = `Scratched ${localTime(scratch.time, timeZone, true)}`;
  return [when, reduction, scratch.reason].filter(Boolean).join(" · ");
}

function Figures({ runner, share, line }: Pick<Props, "runner" | "share" | "line">) {
  const format = oddsFormat.value;
  return (
    <>
      <td class="c-win" role="cell">
        <span data-testid="win">{percent(runner.win_probability)}</span>
        <span class="track" aria-hidden="true">
          <span class="bar" style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
      </td>
      <td class="c-form" role="cell" data-testid="by-form">
        {percent(runner.fundamental_probability)}
        <small title="By the market alone">{percent(runner.public_probability)}</small>
      </td>
      <td class="c-fair" role="cell">
        {odds(runner.fair_odds, format)}
      </td>
      <td class="c-value" role="cell" data-testid="value" data-gains={(runner.expected_value ?? 0) > 0}>
        {change(runner.expected_value)}
        {runner.expected_value_at_close !== null && (
          <small title={`At ${odds(runner.projected_price, format)}, where the price is projected to close`}>
            <span class="unseen">at the close </span>
            {change(runner.expected_value_at_close)}
          </small>
        )}
      </td>
      <td class="c-place" role="cell">
        {percent(runner.place_probability)}
      </td>
      <td class="c-back" role="cell">
        <Flash value={runner.back} text={odds(runner.back, format)} />
        <small>{amount(runner.back_size)}</small>
      </td>
      <td class="c-last" role="cell">
        <span data-testid="price">
          <Flash value={priceOf(runner)} text={odds(priceOf(runner), format)} />
        </span>
        {runner.starting_price !== null && <small>SP {odds(runner.starting_price, format)}</small>}
      </td>
      <td class="c-lay" role="cell">
        <Flash value={runner.lay} text={odds(runner.lay, format)} />
        <small>{amount(runner.lay_size)}</small>
      </td>
      <td class="c-spark" role="cell">
        <Sparkline line={line} />
      </td>
      <Movement runner={runner} />
    </>
  );
}

function Sparkline({ line }: { readonly line: string | null }) {
  if (line === null) return null;
  const [x, y] = line.slice(line.lastIndexOf(" ") + 1).split(",");
  return (
    <svg viewBox={`-2 -2 ${SPARK.width + 4} ${SPARK.height + 4}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={line} />
      <circle cx={x} cy={y} r="2" />
    </svg>
  );
}

const MARKS = { STEAM: ["▼", "steaming"], DRIFT: ["▲", "drifting"], STEADY: ["", ""] } as const;

function Movement({ runner }: { readonly runner: Runner }) {
  const [mark, meaning] = MARKS[runner.trend];
  return (
    <>
      <td class="c-m1" role="cell">
        {change(runner.movement[0] ?? null)}
      </td>
      <td class="c-m5" role="cell">
        {change(runner.movement[1] ?? null)}
        <span class="trend" title={meaning}>
          <span aria-hidden="true">{mark}</span>
          <span class="unseen">{meaning}</span>
        </span>
      </td>
    </>
  );
}
