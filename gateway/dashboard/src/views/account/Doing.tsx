/** A button that does one thing to one item of a list, and says so when it fails. */
import { useState } from "preact/hooks";

interface Props {
  readonly label: string;
  /** What it does to which item, for those who hear the page. */
  readonly about: string;
  readonly act: () => Promise<unknown>;
  readonly grave?: boolean;
}

export function Doing({ label, about, act, grave = false }: Props) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    setWrong(null);
    try {
      await act();
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={grave ? "grave" : ""} aria-label={about} disabled={busy} onClick={() => void press()}>
        {label}
      </button>
      {wrong && (
        <span class="said wrong" role="alert">
          {wrong}
        </span>
      )}
    </>
  );
}
