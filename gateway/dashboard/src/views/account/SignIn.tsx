/** Signing in: password or passkey, the second factor where one is due; and how to get there without either. */
import { useState } from "preact/hooks";
import { ask, me, type Me, signedIn } from "../../api";
import { passkeyAnswer, passkeysWork } from "../../passkeys";
import { Act, Field } from "./Act";

type Way = "in" | "up" | "forgotten";
const WAYS: Readonly<Record<Way, string>> = { in: "Sign in", up: "Sign up", forgotten: "Forgot the password" };

export function SignIn() {
  const [way, setWay] = useState<Way>("in");
  if (me.value && me.value.second_factors.length > 0) return <SecondFactor due={me.value.second_factors} />;
  return (
    <section class="card narrow">
      <h1>{WAYS[way]}</h1>
      {way === "in" && <Password />}
      {way === "up" && <SignUp />}
      {way === "forgotten" && <Forgotten />}
      <p class="ways">
        {(Object.keys(WAYS) as Way[])
          .filter((other) => other !== way)
          .map((other) => (
            <button key={other} type="button" class="link" onClick={() => setWay(other)}>
              {WAYS[other]}
            </button>
          ))}
      </p>
    </section>
  );
}

function Password() {
  return (
    <>
      <Act
        label="Sign in"
        testid="sign-in"
        act={async (values) =>
          signedIn(await ask<Me>("POST", "v1/sessions", { email: values.get("email"), password: values.get("password") }))
        }
      >
        <Field label="Mail address" name="email" type="email" autocomplete="username" required />
        <Field label="Password" name="password" type="password" autocomplete="current-password" required />
      </Act>
      {passkeysWork() && (
        <Act
          label="Sign in with a passkey"
          act={async () => {
            const passkey = await passkeyAnswer();
            signedIn(await ask<Me>("POST", "v1/sessions/passkey", { passkey }));
          }}
        />
      )}
    </>
  );
}

function SignUp() {
  return (
    <Act
      label="Sign up"
      testid="sign-up"
      act={async (values) => {
        const form = { email: values.get("email"), password: values.get("password") };
        return (await ask<{ detail: string }>("POST", "v1/accounts", form)).detail;
      }}
    >
      <Field label="Mail address" name="email" type="email" autocomplete="username" required />
      <Field
        label="Password"
        name="password"
        type="password"
        autocomplete="new-password"
        hint="At least 10 characters; long is what counts."
        minLength={10}
        maxLength={256}
        required
      />
    </Act>
  );
}

function Forgotten() {
  return (
    <Act
      label="Send a mail"
      testid="forgotten"
      act={async (values) =>
        (await ask<{ detail: string }>("POST", "v1/password-resets", { email: values.get("email") })).detail
      }
    >
      <Field
        label="Mail address"
        name="email"
        type="email"
        autocomplete="username"
        hint="The mail has a link with which you choose a new password."
        required
      />
    </Act>
  );
}

function SecondFactor({ due }: { readonly due: readonly string[] }) {
  const pass = async (form: object): Promise<void> => signedIn(await ask<Me>("POST", "v1/session/second-factor", form));
  return (
    <section class="card narrow">
      <h1>One more step</h1>
      {due.includes("totp") && (
        <Act label="Go on" testid="second-factor" act={(values) => pass({ totp: values.get("totp")?.trim() })}>
          <Field
            label="Code of your authenticator app"
            name="totp"
            inputMode="numeric"
            autocomplete="one-time-code"
            required
          />
        </Act>
      )}
      {due.includes("passkey") && passkeysWork() && (
        <Act label="Use a passkey" act={async () => pass({ passkey: await passkeyAnswer() })} />
      )}
      {due.includes("recovery_code") && (
        <details>
          <summary>Use a recovery code</summary>
          <Act label="Go on" act={(values) => pass({ recovery_code: values.get("code")?.trim() })}>
            <Field label="Recovery code" name="code" hint="Each of them counts once." required />
          </Act>
        </details>
      )}
    </section>
  );
}
