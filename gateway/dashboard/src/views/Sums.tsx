/** The line under the table: that the probabilities add up, the market's margin, and what the numbers come from. */
import type { RaceState } from "../contract";
import { percent } from "../format";
import { sumOfWin } from "../runners";

export function Sums({ state }: { readonly state: RaceState }) {
  const models = Object.entries(state.model_versions).map(([name, version]) => `${name} ${version}`);
  const facts = [
    ["Overround", percent(state.overround)],
    ["Confidence", state.confidence === null ? "–" : `${(state.confidence * 100).toFixed(0)} %`],
    ["Traded", state.traded === null ? "–" : Math.round(state.traded).toLocaleString("en-GB")],
    ["Model", models.join(", ") || "–"],
    ["Revision", String(state.revision)],
  ] as const;
  return (
    <dl class="sums">
      <div>
        <dt class="unseen">Sum of the win probabilities</dt>
        <dd data-testid="sum-win">Σ {percent(sumOfWin(state))}</dd>
      </div>
      {facts.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
