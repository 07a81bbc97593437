/** Responsible play: reminders, noted stakes, a pause, and an exclusion that nobody takes back. */
import { call, standing } from "../../api";
import { heard, type PlayState, reminderText } from "../../play";
import { Act, Field, Tick } from "./Act";
import { useLoaded } from "./useLoaded";
import { when } from "./when";

export function Play() {
  const play = useLoaded(() => heard(call<PlayState>("GET", "v1/play")));
  if (!play.value) return <p role="status">{play.wrong ?? "Reading…"}</p>;
  const state = play.value;
  const change = async (method: "PUT" | "POST", path: string, form: object): Promise<void> => {
    const now = await heard(call<PlayState>(method, path, form));
    if (now.withheld !== state.withheld) standing.value += 1;
    await play.again();
  };
  return (
    <div class="cards">
      <Standing state={state} />
      <section class="card">
        <h2>Reminders</h2>
        <Act
          key={`${state.remind_minutes} ${state.remind_stake}`}
          label="Keep"
          testid="reminders"
          act={(values) =>
            change("PUT", "v1/play/reminders", {
              remind_minutes: number(values.get("minutes")),
              remind_stake: number(values.get("stake")),
            })
          }
        >
          <Field
            label="After so many minutes"
            name="minutes"
            type="number"
            min={5}
            max={1440}
            value={state.remind_minutes?.toString()}
            hint="Of one session; empty for never."
          />
          <Field
            label="At so much staked"
            name="stake"
            type="number"
            min={0.01}
            step="any"
            value={state.remind_stake?.toString()}
            hint="In 24 hours, in your currency; empty for never."
          />
        </Act>
        <Act label="Note a stake" act={(values) => change("POST", "v1/play/stakes", { amount: number(values.get("amount")) })}>
          <Field label="Staked" name="amount" type="number" min={0.01} step="any" required />
        </Act>
      </section>
      <Pause change={change} />
      <Exclusion change={change} />
    </div>
  );
}

type Change = (method: "PUT" | "POST", path: string, form: object) => Promise<void>;

function Standing({ state }: { readonly state: PlayState }) {
  return (
    <section class="card" data-testid="play" data-withheld={state.withheld ?? "nothing"}>
      <h2>Where you stand</h2>
      <p>
        {state.minutes} minutes in this session, {state.staked.toFixed(2)} staked in 24 hours.
      </p>
      {state.due.length > 0 && (
        <p class="due" role="alert">
          {reminderText(state.due)}
        </p>
      )}
      {state.withheld && state.until && (
        <p class="due" role="status">
          {state.withheld === "pause" ? "You paused" : "You excluded yourself"} until {when(state.until)}. Until then there are
          no value and no alerts.
        </p>
      )}
    </section>
  );
}

function Pause({ change }: { readonly change: Change }) {
  return (
    <section class="card">
      <h2>Pause</h2>
      <Act
        label="Pause"
        testid="pause"
        act={(values) => change("POST", "v1/play/pause", { hours: number(values.get("hours")) })}
      >
        <p>No value, no alerts and no notes of stakes for some hours. It ends by itself, and not before.</p>
        <Field label="Hours" name="hours" type="number" min={1} max={1008} value="24" required />
      </Act>
    </section>
  );
}

function Exclusion({ change }: { readonly change: Change }) {
  return (
    <section class="card">
      <h2>Self-exclusion</h2>
      <Act
        label="Exclude me"
        grave
        testid="exclusion"
        act={(values) =>
          change("POST", "v1/play/exclusion", { days: number(values.get("days")), understood: values.has("understood") })
        }
      >
        <p>The same for days or years. Nobody can take it back or shorten it, and no new account helps.</p>
        <Field label="Days" name="days" type="number" min={1} max={3650} value="180" required />
        <Tick label="I understand that it cannot be taken back." name="understood" required />
      </Act>
    </section>
  );
}

function number(text: string | undefined): number | null {
  return text === undefined || text.trim() === "" ? null : Number(text);
}
