/** A form that calls the gateway: busy while it does, and then says what came of it. */
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId, useState } from "preact/hooks";

/** The values of a form by the names of its fields; boxes that are not ticked are left out. */
export type Values = ReadonlyMap<string, string>;

interface Props {
  /** What the button says. */
  readonly label: string;
  /** Does it; what it returns is shown. */
  readonly act: (values: Values) => Promise<string | void>;
  /** Something else that the same fields can do; they stay filled in. */
  readonly other?: { readonly label: string; readonly act: (values: Values) => Promise<string | void> };
  readonly children?: ComponentChildren;
  /** Whether it takes something away. */
  readonly grave?: boolean;
  readonly testid?: string;
}

export function Act({ label, act, other, children, grave = false, testid }: Props) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ readonly text: string; readonly wrong: boolean } | null>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const asked = event.submitter?.dataset["other"] === undefined ? undefined : other;
    setBusy(true);
    setSaid(null);
    try {
      const text = await (asked?.act ?? act)(valuesOf(form));
      if (form.isConnected && !asked) form.reset();
      setSaid(text ? { text, wrong: false } : null);
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : String(error), wrong: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="act" onSubmit={(event) => void submit(event)} data-testid={testid} aria-busy={busy}>
      {children}
      <p class="act-end">
        <button type="submit" class={grave ? "grave" : "main"} disabled={busy}>
          {label}
        </button>
        {other && (
          <button type="submit" data-other disabled={busy}>
            {other.label}
          </button>
        )}
      </p>
      <p role={said?.wrong ? "alert" : "status"} class={said?.wrong ? "said wrong" : "said"}>
        {said?.text}
      </p>
    </form>
  );
}

function valuesOf(form: HTMLFormElement): Values {
  const found = new Map<string, string>();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") found.set(name, value);
  return found;
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: "text" | "email" | "password" | "number" | "time" | "date" | "url";
  readonly hint?: string;
  readonly value?: string | undefined;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly inputMode?: "numeric" | "text";
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A labelled input with its hint. */
export function Field({ label, name, type = "text", hint, value, autocomplete = "off", ...more }: FieldProps) {
  const id = useId();
  const about = hint ? `${id}-hint` : undefined;
  // Preact types an input by its kind, and this one is of any.
  const input = {
    id,
    name,
    type,
    defaultValue: value,
    autocomplete,
    "aria-describedby": about,
    ...more,
  } as InputHTMLAttributes<HTMLInputElement>;
  return (
    <p class="ask">
      <label for={id}>{label}</label>
      <input {...input} />
      {hint && <small id={about}>{hint}</small>}
    </p>
  );
}

interface TickProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly ticked?: boolean;
  readonly required?: boolean;
}

/** A box to tick. */
export function Tick({ label, name, value = "yes", ticked = false, required = false }: TickProps) {
  return (
    <label class="tick">
      <input type="checkbox" name={name} value={value} defaultChecked={ticked} required={required} />
      <span>{label}</span>
    </label>
  );
}
