/** What form says of each runner: notes for and against, and what its chance is made of. */
import { useEffect, useState } from "preact/hooks";
import type { RaceForm, RaceState, Runner, RunnerForm } from "../contract";
import { percent } from "../format";
import { getForm } from "../rest";
import { isActive, orderRunners } from "../runners";
import { Cloth } from "./Cloth";

/** The form of a race, asked for again when another form or another field is scored. */
function useForm(state: RaceState): RaceForm | null {
  const [form, setForm] = useState<RaceForm | null>(null);
  const field = state.runners.filter(isActive).length;
  useEffect(() => {
    let current = true;
    getForm(state.race_id)
      .then((found) => current && setForm(found))
      .catch(() => undefined); // What is shown stays; the next form asks again.
    return () => {
      current = false;
    };
  }, [state.race_id, state.form_id, state.track_condition, field]);
  return form;
}

export function Form({ state }: { readonly state: RaceState }) {
  const form = useForm(state);
  if (state.form_id === null || form === null || form.race_id !== state.race_id) return null;
  const told = new Map(form.runners.map((runner) => [runner.runner_id, runner]));
  return (
    <section class="form" aria-label="Form" data-testid="form">
      <h2>Form</h2>
      {state.basis !== "MARKET_AND_FORM" && <p class="basis">Probabilities rest on {basis(state.basis)}.</p>}
      {orderRunners(state.runners, "probability")
        .filter(isActive)
        .map((runner) => (
          <OneRunner key={runner.runner_id} runner={runner} told={told.get(runner.runner_id)} country={state.country} />
        ))}
    </section>
  );
}

function basis(text: string): string {
  return text.replace("MARKET_AND_FORM", "market and form").replace("MARKET", "the market alone");
}

interface Props {
  readonly runner: Runner;
  readonly told: RunnerForm | undefined;
  readonly country: string;
}

function OneRunner({ runner, told, country }: Props) {
  return (
    <details data-testid="runner-form">
      <summary>
        <Cloth runner={runner} country={country} />
        <span class="form-name">{runner.name ?? runner.runner_id}</span>
        <span class="form-figures">
          {percent(runner.fundamental_probability)} by form, {percent(runner.public_probability)} by the market
        </span>
        <span class="form-first">{told?.annotations[0]?.text}</span>
      </summary>
      {runner.longshot !== null && (
        <p class="longshot-why" data-testid="longshot-why">
          <b class="longshot">Longshot</b> rated above the market: {runner.longshot}.
        </p>
      )}
      <ul class="notes">
        {told?.annotations.map((note) => (
          <li key={note.text} data-side={note.severity > 0 ? "for" : note.severity < 0 ? "against" : "neither"}>
            {note.text}
          </li>
        ))}
      </ul>
      <ul class="parts">
        {told?.contributions.map((part) => (
          <li key={part.feature} data-side={part.value > 0 ? "for" : "against"}>
            {part.text}
          </li>
        ))}
      </ul>
    </details>
  );
}
