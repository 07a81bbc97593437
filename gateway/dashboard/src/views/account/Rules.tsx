/** Alert rules: those in force, and a form that makes one after showing what it would have told. */
import { useState } from "preact/hooks";
import { call, Problem } from "../../api";
import {
  ABOUT,
  type About,
  type KeptRule,
  lastSaturday,
  OF_FAVOURITE,
  type Preview,
  previewWords,
  RULE_KINDS,
  type RuleKind,
  ruleOf,
  ruleWords,
  THRESHOLDS,
} from "../../rules";
import { Act, Field, Tick, type Values } from "./Act";
import { Doing } from "./Doing";
import { useLoaded } from "./useLoaded";
import { when } from "./when";

const PATH = "v1/rules";

export function Rules() {
  const rules = useLoaded(async () => (await call<{ items: KeptRule[] }>("GET", PATH)).items);
  return (
    <section class="card" data-testid="rules">
      <h2>Rules</h2>
      <ul class="items">
        {rules.value?.map(({ id, rule }) => (
          <li key={id} data-testid="rule">
            <span>
              {rule.name || RULE_KINDS[rule.kind]}
              <small>{ruleWords(rule)}</small>
            </span>
            <Doing
              label="Delete"
              about={`Delete the rule ${rule.name || ruleWords(rule)}`}
              grave
              act={() => call<void>("DELETE", `${PATH}/${id}`).then(rules.again)}
            />
          </li>
        ))}
      </ul>
      {rules.value?.length === 0 && <p class="none">None yet: nothing is told until you make one.</p>}
      {rules.wrong && (
        <p class="said wrong" role="alert">
          {rules.wrong}
        </p>
      )}
      <h3>A new rule</h3>
      <NewRule made={rules.again} />
    </section>
  );
}

function NewRule({ made }: { readonly made: () => Promise<void> }) {
  const [kind, setKind] = useState<RuleKind>("SCRATCH");
  const [preview, setPreview] = useState<Preview | null>(null);
  const threshold = THRESHOLDS[kind];
  const look = async (values: Values): Promise<string> => {
    setPreview(null);
    const form = { rule: ruleOf(kind, values), day: values.get("day") };
    const found = await call<Preview>("POST", `${PATH}/preview`, form).catch((error: unknown) => {
      // A gateway of an earlier release takes the word for a rule's id.
      if (error instanceof Problem && error.status === 405) throw new Error("This gateway cannot try rules.");
      throw error;
    });
    setPreview(found);
    return previewWords(found);
  };
  return (
    <Act
      label="Make the rule"
      testid="new-rule"
      other={{ label: "Try it on a day", act: look }}
      act={async (values) => {
        setPreview(null);
        const kept = await call<KeptRule>("POST", PATH, ruleOf(kind, values));
        await made();
        return `It is in force: ${ruleWords(kept.rule)}.`;
      }}
    >
      <p class="ask">
        <label for="rule-kind">Tell me of</label>
        <select id="rule-kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as RuleKind)}>
          {(Object.keys(RULE_KINDS) as RuleKind[]).map((one) => (
            <option key={one} value={one}>
              {RULE_KINDS[one]}
            </option>
          ))}
        </select>
      </p>
      {threshold && (
        <Field
          key={kind}
          label={threshold.label}
          name="threshold"
          type="number"
          min={0.1}
          max={threshold.most}
          step="any"
          value={String(threshold.usual)}
          hint={threshold.hint}
          required
        />
      )}
      {OF_FAVOURITE.includes(kind) && <Tick label="Only of the favourite" name="favourite" />}
      <fieldset>
        <legend>Of whom; of every race if you name nobody</legend>
        <Tick label="All that I follow" name="tracked" />
        {(Object.keys(ABOUT) as About[]).map((name) => (
          <Field key={name} label={ABOUT[name].label} name={name} hint={ABOUT[name].hint} />
        ))}
      </fieldset>
      <Field label="What to call it" name="name" maxLength={80} />
      <Field
        label="Day to try it on"
        name="day"
        type="date"
        value={lastSaturday(new Date())}
        hint="Nothing is sent: it says how often the rule would have fired."
      />
      {preview && preview.first.length > 0 && (
        <ol class="items" data-testid="preview">
          {preview.first.map(({ at, race_id, title, text }) => (
            <li key={`${at} ${race_id} ${title}`}>
              <span>
                {title}
                <small>{text}</small>
              </span>
              <time dateTime={at}>{when(at)}</time>
            </li>
          ))}
        </ol>
      )}
    </Act>
  );
}

