/** What programs of one's own need: keys of the API, and webhooks. */
import { useState } from "preact/hooks";
import { all, call } from "../../api";
import { RULE_KINDS, type RuleKind } from "../../rules";
import { Act, Field, Tick } from "./Act";
import { Doing } from "./Doing";
import { useLoaded } from "./useLoaded";
import { when } from "./when";

export function Programs() {
  return (
    <div class="cards">
      <Keys />
      <Webhooks />
    </div>
  );
}

const SCOPES = {
  "read:races": "Read races",
  "read:history": "Read history",
  "read:live": "Read live",
  "read:alerts": "Read alerts",
  "read:rules": "Read rules and channels",
  "write:rules": "Change rules and channels",
  "read:webhooks": "Read webhooks",
  "write:webhooks": "Change webhooks",
  "read:preferences": "Read preferences",
  "write:preferences": "Change preferences",
  "write:interactions": "Tell what was viewed",
} as const;

interface Key {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly used_at: string | null;
  readonly expires_at: string | null;
}

/** Something that is shown once, with what it is. */
function ShownOnce({ what, secret }: { readonly what: string; readonly secret: string }) {
  return (
    <div class="shown-once" role="status" data-testid="shown-once">
      <p>{what} Keep it: it is not shown again.</p>
      <p class="secret">{secret}</p>
    </div>
  );
}

function Keys() {
  const [shown, setShown] = useState<string | null>(null);
  const keys = useLoaded(() => all<Key>("v1/keys"));
  const show = async (key: Key & { readonly key: string }): Promise<void> => {
    setShown(key.key);
    await keys.again();
  };
  return (
    <section class="card" data-testid="keys">
      <h2>Keys of the API</h2>
      {shown && <ShownOnce what="This is the key." secret={shown} />}
      <ul class="items">
        {keys.value?.map((key) => (
          <li key={key.id}>
            <span>
              {key.name}
              <small>
                {key.prefix}… · {key.scopes.join(", ")} · {key.used_at ? `used ${when(key.used_at)}` : "never used"}
                {key.expires_at && ` · until ${when(key.expires_at)}`}
              </small>
            </span>
            <Doing
              label="Renew"
              about={`Give the key ${key.name} another secret`}
              act={() => call<Key & { key: string }>("POST", `v1/keys/${key.id}/rotation`).then(show)}
            />
            <Doing
              label="Delete"
              about={`Delete the key ${key.name}`}
              grave
              act={() => call<void>("DELETE", `v1/keys/${key.id}`).then(keys.again)}
            />
          </li>
        ))}
      </ul>
      <Act
        label="Make a key"
        testid="new-key"
        act={async (values) => {
          const scopes = Object.keys(SCOPES).filter((scope) => values.has(scope));
          if (scopes.length === 0) throw new Error("Tick what the key may do.");
          const days = Number(values.get("days"));
          const form = { name: values.get("name"), scopes, ...(days > 0 ? { expires_in_days: days } : {}) };
          await show(await call<Key & { key: string }>("POST", "v1/keys", form));
        }}
      >
        <Field label="What to call it" name="name" maxLength={64} required />
        <Field label="Days until it ends" name="days" type="number" min={1} max={3650} hint="Empty for never." />
        <fieldset class="ticks">
          <legend>What it may do</legend>
          {Object.entries(SCOPES).map(([scope, words]) => (
            <Tick key={scope} label={words} name={scope} ticked={scope === "read:races"} />
          ))}
        </fieldset>
      </Act>
    </section>
  );
}

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly events: readonly string[];
  readonly state: string;
  readonly reason: string | null;
}

function Webhooks() {
  const [shown, setShown] = useState<string | null>(null);
  const hooks = useLoaded(() => call<readonly Webhook[]>("GET", "v1/webhooks"));
  const show = async (hook: Webhook & { readonly secret: string }): Promise<void> => {
    setShown(hook.secret);
    await hooks.again();
  };
  return (
    <section class="card" data-testid="webhooks">
      <h2>Webhooks</h2>
      {shown && <ShownOnce what="Deliveries are signed with this secret." secret={shown} />}
      <ul class="items">
        {hooks.value?.map((hook) => (
          <WebhookItem key={hook.id} hook={hook} show={show} again={hooks.again} />
        ))}
      </ul>
      <Act
        label="Make a webhook"
        testid="new-webhook"
        act={async (values) => {
          const events = (Object.keys(RULE_KINDS) as RuleKind[]).filter((kind) => values.has(kind));
          const form = { url: values.get("url")?.trim(), name: values.get("name")?.trim() ?? "", events };
          await show(await call<Webhook & { secret: string }>("POST", "v1/webhooks", form));
        }}
      >
        <Field label="Address" name="url" type="url" hint="https:// on the public internet." required />
        <Field label="What to call it" name="name" maxLength={80} />
        <fieldset class="ticks">
          <legend>Events; all of them if you tick none</legend>
          {Object.entries(RULE_KINDS).map(([kind, words]) => (
            <Tick key={kind} label={words} name={kind} />
          ))}
        </fieldset>
      </Act>
    </section>
  );
}

interface ItemProps {
  readonly hook: Webhook;
  readonly show: (hook: Webhook & { readonly secret: string }) => Promise<void>;
  readonly again: () => Promise<void>;
}

function WebhookItem({ hook, show, again }: ItemProps) {
  const path = `v1/webhooks/${hook.id}`;
  const [tried, setTried] = useState(false);
  const active = hook.state === "active";
  return (
    <li data-testid="webhook" data-state={hook.state}>
      <span>
        {hook.name || hook.url}
        <small>
          {hook.url} · {hook.events.length > 0 ? hook.events.join(", ") : "all events"}
          {hook.reason && ` · ${hook.reason}`}
          {tried && " · a test is on its way"}
        </small>
      </span>
      <Doing
        label="Test"
        about={`Send a test to ${hook.url}`}
        act={() => call<unknown>("POST", `${path}/test`).then(() => setTried(true))}
      />
      <Doing
        label={active ? "Stop" : "Start"}
        about={`${active ? "Stop" : "Start"} ${hook.url}`}
        act={() => call<unknown>("PATCH", path, { active: !active }).then(again)}
      />
      <Doing
        label="New secret"
        about={`Give ${hook.url} another secret`}
        act={() => call<Webhook & { secret: string }>("POST", `${path}/rotation`, {}).then(show)}
      />
      <Doing label="Delete" about={`Delete ${hook.url}`} grave act={() => call<void>("DELETE", path).then(again)} />
    </li>
  );
}
