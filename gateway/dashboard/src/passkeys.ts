/** Passkeys of the browser: what the gateway offers goes in, what it takes comes out. */
import { ask, call } from "./api";

type Json = Record<string, unknown>;

/** What browsers of today have beside the older interface: options and answers as JSON. */
interface ByJson {
  parseRequestOptionsFromJSON(options: Json): PublicKeyCredentialRequestOptions;
  parseCreationOptionsFromJSON(options: Json): PublicKeyCredentialCreationOptions;
}

function byJson(): ByJson | null {
  const known = (globalThis as { PublicKeyCredential?: unknown }).PublicKeyCredential;
  return typeof known === "function" && "parseRequestOptionsFromJSON" in known ? (known as unknown as ByJson) : null;
}

/** They are bound to a name: at a bare address there are none. */
export function passkeysWork(): boolean {
  return byJson() !== null && window.isSecureContext && !/^[\d.]+$|:/.test(location.hostname);
}

/** The answer of a passkey that the person chose; raises an Error if there is none. */
export async function passkeyAnswer(): Promise<Json> {
  const options = await ask<Json>("POST", "v1/sessions/passkey/options");
  const publicKey = byJson()?.parseRequestOptionsFromJSON(options);
  if (!publicKey) throw new Error("This browser knows no passkeys.");
  return plain(await chosen(() => navigator.credentials.get({ publicKey })));
}

/** A new passkey as the gateway takes it. */
export async function newPasskey(): Promise<Json> {
  const options = await call<Json>("POST", "v1/account/passkeys/options");
  const publicKey = byJson()?.parseCreationOptionsFromJSON(options);
  if (!publicKey) throw new Error("This browser knows no passkeys.");
  return plain(await chosen(() => navigator.credentials.create({ publicKey })));
}

async function chosen(choose: () => Promise<Credential | null>): Promise<Credential> {
  try {
    const found = await choose();
    if (found) return found;
  } catch {
    // What a browser says here is of no use to people.
  }
  throw new Error("No passkey was chosen.");
}

function plain(credential: Credential): Json {
  return (credential as unknown as { toJSON(): Json }).toJSON();
}
