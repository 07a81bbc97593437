/** What the link of a mail leads to: an address confirmed, a new password, another address. */
import { useEffect } from "preact/hooks";
import { ask, signedOut } from "../../api";
import type { Mailed as Kind } from "../../route";
import { Act, Field } from "./Act";

interface Said {
  readonly detail: string;
}

const TITLES: Readonly<Record<Kind, string>> = {
  confirm: "Confirm your address",
  reset: "Choose a new password",
  address: "Confirm your new address",
};

export function Mailed({ mailed, token }: { readonly mailed: Kind; readonly token: string }) {
  const title = TITLES[mailed];
  useEffect(() => {
    document.title = `${title} – HorseRacePro`;
  }, [title]);
  return (
    <section class="card narrow" data-testid={`mailed-${mailed}`}>
      <h1>{title}</h1>
      {mailed === "reset" ? <Reset token={token} /> : <Confirm mailed={mailed} token={token} />}
      <p class="ways">
        <a href="#/account">To your account</a>
      </p>
    </section>
  );
}

function Confirm({ mailed, token }: { readonly mailed: "confirm" | "address"; readonly token: string }) {
  const path = mailed === "confirm" ? "v1/accounts/confirmation" : "v1/account/address/confirmation";
  return (
    <Act
      label="Confirm"
      act={async () => {
        await ask<Said>("POST", path, { token });
        return mailed === "confirm" ? "The address is confirmed. Sign in now." : "The account has its new address.";
      }}
    >
      <p>The link counts once. Press the button to use it.</p>
    </Act>
  );
}

function Reset({ token }: { readonly token: string }) {
  return (
    <Act
      label="Change the password"
      act={async (values) => {
        await ask<Said>("POST", "v1/password-resets/confirmation", { token, password: values.get("password") });
        signedOut();
        return "The password is changed, and every device is signed out. Sign in now.";
      }}
    >
      <Field
        label="New password"
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
