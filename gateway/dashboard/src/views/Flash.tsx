/** A number that flashes when it changes; shorter and longer prices in different colours. */
import { useRef } from "preact/hooks";

interface Props {
  readonly value: number | null;
  readonly text: string;
}

export function Flash({ value, text }: Props) {
  const last = useRef({ value, turn: 0, way: "" });
  const before = last.current;
  if (value !== before.value) {
    const way = value === null || before.value === null ? "" : value < before.value ? "shorter" : "longer";
    last.current = { value, turn: before.turn + 1, way };
  }
  // A new key makes a new element, which starts its animation anew.
  return (
    <span key={last.current.turn} class={`flash ${last.current.way}`}>
      {text}
    </span>
  );
}
