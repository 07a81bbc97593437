/** Something of the gateway's that a view shows, read when the view comes and again when it changed. */
import { useCallback, useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  readonly value: T | null;
  readonly wrong: string | null;
  readonly again: () => Promise<void>;
}

export function useLoaded<T>(read: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const again = useCallback(async () => {
    try {
      setValue(await read());
      setWrong(null);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  }, []);
  useEffect(() => void again(), []);
  return { value, wrong, again };
}
