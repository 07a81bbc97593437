/** Channels by which alerts come: the bell of this browser, mail, chats, the page itself. */
import { useState } from "preact/hooks";
import { all, call } from "../../api";
import { canPush, type Channel, ownChannel, subscribe, unsubscribe } from "../../push";
import { Act, Field } from "./Act";
import { Doing } from "./Doing";
import { type Loaded, useLoaded } from "./useLoaded";

const PATH = "v1/channels";
const KINDS = { webpush: "Push", mail: "Mail", websocket: "This page, while it is open", apprise: "Chat" } as const;

export function Channels() {
  const channels = useLoaded(() => all<Channel>(PATH));
  return (
    <section class="card" data-testid="channels">
      <h2>Where they reach you</h2>
      <Bell channels={channels} />
      <ul class="items">
        {channels.value?.map((channel) => (
          <li key={channel.id} data-testid="channel" data-kind={channel.kind} data-state={channel.state}>
            <span>
              {KINDS[channel.kind]} {channel.name && channel.kind !== "websocket" && `· ${channel.name}`}
              <small>{about(channel)}</small>
            </span>
            <Doing
              label="Delete"
              about={`Delete the channel ${channel.name || KINDS[channel.kind]}`}
              grave
              act={async () => {
                if (channel.id === ownChannel()) await unsubscribe();
                await call<void>("DELETE", `${PATH}/${channel.id}`);
                await channels.again();
              }}
            />
          </li>
        ))}
      </ul>
      <More made={channels.again} />
    </section>
  );
}

function about({ to, digest_minutes, state, reason }: Channel): string {
  const digest = digest_minutes === null ? null : `one mail in ${digest_minutes} minutes`;
  const ended = state === "active" ? null : `given up${reason ? `: ${reason}` : ""}`;
  return [to, digest, ended].filter(Boolean).join(" · ");
}

/** Rings in this browser, whether the page is open or not. */
function Bell({ channels }: { readonly channels: Loaded<readonly Channel[]> }) {
  const own = channels.value?.find(({ id, state }) => id === ownChannel() && state === "active");
  if (!canPush()) return <p class="none">Push needs https, or a page of this machine, and a browser that knows it.</p>;
  return (
    <Act
      label={own ? "Turn the bell off" : "Turn the bell on"}
      testid="bell"
      act={async () => {
        if (own) {
          await unsubscribe();
          await call<void>("DELETE", `${PATH}/${own.id}`);
        } else {
          await subscribe();
        }
        await channels.again();
      }}
    >
      <p data-testid="bell-state" data-on={own !== undefined}>
        <BellIcon on={own !== undefined} />
        {own ? "This browser rings, also while the page is closed." : "This browser does not ring."}
      </p>
    </Act>
  );
}

function BellIcon({ on }: { readonly on: boolean }) {
  return (
    <svg class="bell" viewBox="0 0 24 24" aria-hidden="true" data-on={on}>
      <path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4" />
      {!on && <path d="M3 3l18 18" />}
    </svg>
  );
}

function More({ made }: { readonly made: () => Promise<void> }) {
  const [kind, setKind] = useState<"mail" | "apprise">("mail");
  return (
    <details>
      <summary>Another channel</summary>
      <Act
        label="Make the channel"
        testid="new-channel"
        act={async (values) => {
          const name = values.get("name")?.trim() ?? "";
          const digest = Number(values.get("digest"));
          const mail = { kind, name, ...(digest > 0 ? { digest_minutes: digest } : {}) };
          await call<Channel>("POST", PATH, kind === "mail" ? mail : { kind, name, url: values.get("url")?.trim() });
          await made();
        }}
      >
        <p class="ask">
          <label for="channel-kind">Kind</label>
          <select
            id="channel-kind"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as "mail" | "apprise")}
          >
            <option value="mail">Mail to my address</option>
            <option value="apprise">Chat: Slack, Telegram, Discord, ntfy …</option>
          </select>
        </p>
        {kind === "mail" ? (
          <Field
            label="Minutes of a digest"
            name="digest"
            type="number"
            min={5}
            max={1440}
            hint="One mail for all alerts of such a span; empty for a mail each."
          />
        ) : (
          <Field
            label="Address of the chat"
            name="url"
            hint="As apprise writes it: ntfy://topic, discord://id/token."
            required
          />
        )}
        <Field label="What to call it" name="name" maxLength={80} />
      </Act>
    </details>
  );
}
