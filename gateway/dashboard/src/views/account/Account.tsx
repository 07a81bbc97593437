/** The account: what it is, preferences, what guards it, where it is signed in, and its end. */
import { call, me, signedOut } from "../../api";
import { Act, Field } from "./Act";
import { Preferences } from "./Preferences";
import { Security } from "./Security";
import { Sessions } from "./Sessions";
import { useLoaded } from "./useLoaded";

export interface AccountState {
  readonly email: string;
  readonly tier: string;
  readonly created_at: string;
  readonly second_factors: readonly string[];
  readonly entitlements: Readonly<Record<string, number>>;
}

const TOLD: Readonly<Record<string, string>> = {
  requests_a_minute: "requests a minute",
  rules: "alert rules",
  webhooks: "webhooks",
  api_keys: "API keys",
  tracked: "things followed",
  history_days: "days of history",
};

export function Account() {
  const account = useLoaded(() => call<AccountState>("GET", "v1/account"));
  return (
    <div class="cards">
      <section class="card">
        <h2>You</h2>
        <p data-testid="signed-in-as">{me.value?.email}</p>
        {account.value && <Tier account={account.value} />}
        <Act
          label="Sign out"
          testid="sign-out"
          act={async () => {
            await call<void>("DELETE", "v1/session");
            signedOut();
          }}
        />
      </section>
      <Preferences />
      <Security account={account} />
      <Sessions />
      <section class="card">
        <h2>Another address</h2>
        <Act
          label="Change the address"
          act={async (values) =>
            (await call<{ detail: string }>("POST", "v1/account/address", { email: values.get("email") })).detail
          }
        >
          <Field label="New mail address" name="email" type="email" autocomplete="email" required />
        </Act>
      </section>
      <section class="card">
        <h2>Your data</h2>
        <p>Everything that is kept of your account, as one file.</p>
        <p class="act-end">
          <a class="button" href="v1/account/export" download>
            Download
          </a>
        </p>
        <Delete />
      </section>
    </div>
  );
}

function Tier({ account }: { readonly account: AccountState }) {
  const told = Object.entries(TOLD).map(([name, words]) => {
    const count = account.entitlements[name] ?? 0;
    return `${count} ${count === 1 ? words.replace(/s$/, "") : words}`;
  });
  return (
    <p>
      Tier <b>{account.tier}</b>: {told.join(", ")}.
    </p>
  );
}

function Delete() {
  return (
    <details>
      <summary>Delete the account</summary>
      <Act
        label="Delete it for good"
        grave
        testid="delete-account"
        act={async (values) => {
          if (values.get("email") !== me.value?.email) throw new Error("That is not the address of this account.");
          await call<void>("DELETE", "v1/account");
          signedOut();
        }}
      >
        <p>It goes at once, with its rules, channels, keys and webhooks. A self-exclusion stays with the address.</p>
        <Field label="Type your mail address" name="email" type="email" required />
      </Act>
    </details>
  );
}
