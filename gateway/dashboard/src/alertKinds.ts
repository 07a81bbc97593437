/** What the kinds of alerts are called. */
import type { AlertKind } from "./contract";

const KINDS: Readonly<Record<AlertKind, string>> = {
  SCRATCH: "Scratch",
  RE_ENTRY: "Re-entry",
  VALUE: "Value",
  STEAM: "Steam",
  DRIFT: "Drift",
  NEW_FAVOURITE: "New favourite",
  RIDER: "Rider",
  EQUIPMENT: "Equipment",
  WEIGHT: "Weight",
  GOING: "Going",
  RESULT: "Result",
  CONFIDENCE: "Confidence",
};

export function alertKind(kind: AlertKind): string {
  return KINDS[kind] ?? kind;
}
