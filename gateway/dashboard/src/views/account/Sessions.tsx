/** Where the account is signed in. */
import { all, call, signedOut } from "../../api";
import { thisBrowser } from "../../push";
import { Act } from "./Act";
import { Doing } from "./Doing";
import { useLoaded } from "./useLoaded";
import { when } from "./when";

interface Session {
  readonly id: string;
  readonly agent: string;
  readonly seen_at: string;
  readonly current: boolean;
}

export function Sessions() {
  const sessions = useLoaded(() => all<Session>("v1/sessions"));
  return (
    <section class="card">
      <h2>Signed in</h2>
      <ul class="items">
        {sessions.value?.map(({ id, agent, seen_at, current }) => (
          <li key={id}>
            <span>
              {thisBrowser(agent)}
              <small>{current ? "here" : `last used ${when(seen_at)}`}</small>
            </span>
            {!current && (
              <Doing
                label="Sign out"
                about={`Sign out ${thisBrowser(agent)}`}
                act={() => call<void>("DELETE", `v1/sessions/${id}`).then(sessions.again)}
              />
            )}
          </li>
        ))}
      </ul>
      <Act
        label="Sign out everywhere"
        act={async () => {
          await call<void>("DELETE", "v1/sessions");
          signedOut();
        }}
      />
    </section>
  );
}
