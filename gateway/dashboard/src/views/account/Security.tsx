/** What guards the account: the password, the authenticator app, passkeys, recovery codes. */
import { encode } from "uqr";
import { useState } from "preact/hooks";
import { all, call } from "../../api";
import { newPasskey, passkeysWork } from "../../passkeys";
import type { AccountState } from "./Account";
import { Act, Field } from "./Act";
import { Doing } from "./Doing";
import { type Loaded, useLoaded } from "./useLoaded";

interface Codes {
  readonly recovery_codes: readonly string[] | null;
}

interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}

export function Security({ account }: { readonly account: Loaded<AccountState> }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const has = account.value?.second_factors ?? [];
  const changed = async (made: Codes | null): Promise<void> => {
    if (made?.recovery_codes) setCodes(made.recovery_codes);
    await account.again();
  };
  return (
    <section class="card">
      <h2>Signing in</h2>
      {codes && <RecoveryCodes codes={codes} />}
      <h3>Authenticator app</h3>
      {has.includes("totp") ? (
        <p class="row">
          <span>In force</span>
          <Doing
            label="Take out"
            about="Take the authenticator app out"
            grave
            act={() => call<void>("DELETE", "v1/account/totp").then(() => changed(null))}
          />
        </p>
      ) : (
        <App changed={changed} />
      )}
      {passkeysWork() && <Passkeys changed={changed} />}
      {has.length > 0 && (
        <Act label="New recovery codes" act={async () => changed(await call<Codes>("POST", "v1/account/recovery-codes"))}>
          <h3>Recovery codes</h3>
          <p>Ten new ones; the old ones count no more.</p>
        </Act>
      )}
      <details>
        <summary>Change the password</summary>
        <Act
          label="Change the password"
          act={async (values) => {
            const form = { current: values.get("current"), new: values.get("new") };
            await call<void>("PUT", "v1/account/password", form);
            return "The password is changed; every other device is signed out.";
          }}
        >
          <Field label="Password of now" name="current" type="password" autocomplete="current-password" required />
          <Field
            label="New password"
            name="new"
            type="password"
            autocomplete="new-password"
            minLength={10}
            maxLength={256}
            required
          />
        </Act>
      </details>
    </section>
  );
}

function App({ changed }: { readonly changed: (made: Codes) => Promise<void> }) {
  const [offer, setOffer] = useState<{ readonly secret: string; readonly uri: string } | null>(null);
  if (!offer) {
    return (
      <Act label="Add an app" testid="add-totp" act={async () => setOffer(await call("POST", "v1/account/totp"))}>
        <p>With an app a password alone signs nobody in.</p>
      </Act>
    );
  }
  return (
    <Act
      label="Confirm"
      testid="confirm-totp"
      act={async (values) =>
        changed(await call<Codes>("POST", "v1/account/totp/confirmation", { code: values.get("code")?.trim() }))
      }
    >
      <p>
        Scan this with the app, <a href={offer.uri}>open it there</a>, or type the secret:
      </p>
      <Qr text={offer.uri} />
      <p class="secret" data-testid="totp-secret">
        {offer.secret}
      </p>
      <Field label="Code that the app shows" name="code" inputMode="numeric" autocomplete="one-time-code" required />
    </Act>
  );
}

function Qr({ text }: { readonly text: string }) {
  const { size, data } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code for the authenticator app">
      <path d={path} />
    </svg>
  );
}

function Passkeys({ changed }: { readonly changed: (made: Codes | null) => Promise<void> }) {
  const passkeys = useLoaded(() => all<Passkey>("v1/account/passkeys"));
  const both = async (made: Codes | null): Promise<void> => {
    await passkeys.again();
    await changed(made);
  };
  return (
    <>
      <h3>Passkeys</h3>
      <ul class="items">
        {passkeys.value?.map(({ id, name }) => (
          <li key={id}>
            <span>{name}</span>
            <Doing
              label="Take out"
              about={`Take the passkey ${name} out`}
              grave
              act={() => call<void>("DELETE", `v1/account/passkeys/${id}`).then(() => both(null))}
            />
          </li>
        ))}
      </ul>
      <Act
        label="Add a passkey"
        act={async (values) => {
          const passkey = await newPasskey();
          await both(await call<Codes>("POST", "v1/account/passkeys", { name: values.get("name"), passkey }));
        }}
      >
        <Field label="What to call it" name="name" maxLength={64} required />
      </Act>
    </>
  );
}

function RecoveryCodes({ codes }: { readonly codes: readonly string[] }) {
  return (
    <div class="shown-once" role="status" data-testid="recovery-codes">
      <p>Keep these recovery codes: they are shown this once, and each stands in for the app once.</p>
      <ul>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </div>
  );
}
