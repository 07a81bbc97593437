/** Quiet hours, the time zone that they are in, and the consent to tell what one looks at. */
import { call } from "../../api";
import { consent } from "../../interactions";
import { Act, Field } from "./Act";
import { useLoaded } from "./useLoaded";

interface Wishes {
  readonly time_zone: string;
  readonly quiet_from: number | null;
  readonly quiet_until: number | null;
  readonly interactions: boolean;
}

const PATH = "v1/preferences";

export function Preferences() {
  const wishes = useLoaded(() => call<Wishes>("GET", PATH));
  if (!wishes.value) return null;
  const { time_zone, quiet_from, quiet_until, interactions } = wishes.value;
  // A new key makes the forms anew, with what is in force now.
  const now = JSON.stringify(wishes.value);
  return (
    <section class="card" key={now}>
      <h2>Preferences</h2>
      <Act
        label="Keep"
        testid="quiet-hours"
        act={async (values) => {
          const [from, until] = [minutes(values.get("from")), minutes(values.get("until"))];
          if ((from === null) !== (until === null)) throw new Error("Give both times of the quiet hours, or neither.");
          await call<Wishes>("PATCH", PATH, { time_zone: values.get("zone"), quiet_from: from, quiet_until: until });
          await wishes.again();
        }}
      >
        <Field
          label="Time zone"
          name="zone"
          value={time_zone === "UTC" ? ownZone() : time_zone}
          hint="As Europe/London."
          required
        />
        <div class="pair">
          <Field label="Quiet from" name="from" type="time" value={clock(quiet_from)} />
          <Field label="Quiet until" name="until" type="time" value={clock(quiet_until)} />
        </div>
        <small>Push, mail and chats wait for the end of the quiet hours.</small>
      </Act>
      <Act
        label={interactions ? "Withdraw the consent" : "Give the consent"}
        testid="consent"
        act={async () => {
          await call<Wishes>("PATCH", PATH, { interactions: !interactions });
          consent.value = !interactions;
          await wishes.again();
        }}
      >
        <p>
          {interactions
            ? "The races you look at and what you follow are noted under a pseudonym. Withdraw the consent, and nothing more is noted, and nobody can tell whose the notes were."
            : "With your consent the races you look at and what you follow are noted under a pseudonym, so that the page can later show first what you care for. Without it nothing is noted."}
        </p>
      </Act>
    </section>
  );
}

/** Minutes of the day of hh:mm. */
function minutes(text: string | undefined): number | null {
  const [hours, rest] = (text ?? "").split(":").map(Number);
  return text && hours !== undefined && rest !== undefined ? hours * 60 + rest : null;
}

function clock(minute: number | null): string | undefined {
  if (minute === null) return undefined;
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
