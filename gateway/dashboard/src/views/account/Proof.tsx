/** Asks for the password once more, where somebody else could take the account away. */
import { useEffect, useRef } from "preact/hooks";
import { ask, proving } from "../../api";
import { passkeyAnswer, passkeysWork } from "../../passkeys";
import { Act, Field } from "./Act";

export function Proof() {
  const dialog = useRef<HTMLDialogElement>(null);
  const answer = proving.value;
  useEffect(() => {
    if (answer) dialog.current?.showModal();
    else dialog.current?.close();
  }, [answer]);
  const prove = async (form: object): Promise<void> => {
    await ask<void>("POST", "v1/session/proof", form);
    answer?.(true);
  };
  return (
    <dialog ref={dialog} class="card" aria-labelledby="proof-title" onClose={() => proving.value?.(false)}>
      <h2 id="proof-title">Is it you?</h2>
      {answer && (
        <>
          <Act label="Go on" testid="proof" act={(values) => prove({ password: values.get("password") })}>
            <Field label="Your password" name="password" type="password" autocomplete="current-password" required />
          </Act>
          {passkeysWork() && <Act label="Use a passkey" act={async () => prove({ passkey: await passkeyAnswer() })} />}
          <p class="ways">
            <button type="button" class="link" onClick={() => answer(false)}>
              Leave it
            </button>
          </p>
        </>
      )}
    </dialog>
  );
}
