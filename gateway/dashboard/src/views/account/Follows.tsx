/** Horses, riders, trainers and tracks that somebody follows. */
import { useState } from "preact/hooks";
import { all, call } from "../../api";
import { type Subject, tell } from "../../interactions";
import { Act, Field } from "./Act";
import { Doing } from "./Doing";
import { useLoaded } from "./useLoaded";

const KINDS = { horse: "Horse", jockey: "Rider", trainer: "Trainer", track: "Track" } as const;
type Kind = keyof typeof KINDS;

interface Followed {
  readonly id: string;
  readonly kind: Kind;
  readonly key: string;
  readonly name: string;
}

const pathOf = (kind: Kind, key: string): string => `v1/tracked/${kind}/${encodeURIComponent(key)}`;
const subjectOf = (kind: Kind): Subject => kind.toUpperCase() as Subject;

export function Follows() {
  const [kind, setKind] = useState<Kind>("horse");
  const followed = useLoaded(() => all<Followed>("v1/tracked"));
  return (
    <section class="card" data-testid="follows">
      <h2>What you follow</h2>
      <ul class="items">
        {followed.value?.map((one) => (
          <li key={one.id}>
            <span>
              {one.name}
              <small>{KINDS[one.kind]}</small>
            </span>
            <Doing
              label="Leave"
              about={`Follow ${one.name} no more`}
              act={async () => {
                await call<void>("DELETE", pathOf(one.kind, one.key));
                tell("UNTRACKED", subjectOf(one.kind), one.key);
                await followed.again();
              }}
            />
          </li>
        ))}
      </ul>
      <Act
        label="Follow"
        act={async (values) => {
          const name = values.get("name")?.trim() ?? "";
          const key = kind === "track" ? name.toUpperCase() : name;
          await call<Followed>("PUT", pathOf(kind, key), { name: key });
          tell("TRACKED", subjectOf(kind), key);
          await followed.again();
        }}
      >
        <p class="ask">
          <label for="follow-kind">Kind</label>
          <select id="follow-kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
            {(Object.keys(KINDS) as Kind[]).map((one) => (
              <option key={one} value={one}>
                {KINDS[one]}
              </option>
            ))}
          </select>
        </p>
        <Field label={kind === "track" ? "Code of the track" : "Name"} name="name" maxLength={64} required />
      </Act>
    </section>
  );
}
