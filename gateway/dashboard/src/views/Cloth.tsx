/** A runner's number as its saddlecloth; in North America the cloth's colour is the number's. */
import type { Runner } from "../contract";

/** The standard cloths 1 to 12, as ground and figure. */
const CLOTHS = [
  ["#c8102e", "#fff"],
  ["#fff", "#111"],
  ["#1f4fa8", "#fff"],
  ["#f5d130", "#111"],
  ["#14703a", "#fff"],
  ["#1a1a1a", "#f5d130"],
  ["#e8762c", "#111"],
  ["#f2a1b8", "#111"],
  ["#35b6b4", "#111"],
  ["#5b2a82", "#fff"],
  ["#9aa0a3", "#a3121f"],
  ["#a4c639", "#111"],
] as const;

interface Props {
  readonly runner: Pick<Runner, "number">;
  readonly country: string;
}

export function Cloth({ runner, country }: Props) {
  const coloured = country === "US" || country === "CA";
  const colours = coloured ? CLOTHS[parseInt(runner.number ?? "", 10) - 1] : undefined;
  const style = colours && { background: colours[0], color: colours[1] };
  return (
    <span class="cloth" {...(style && { style })}>
      {runner.number ?? "·"}
    </span>
  );
}
