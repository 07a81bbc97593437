/** A user's alert rule: from a form to what the gateway takes, and in words. */

export const RULE_KINDS = {
  SCRATCH: "Scratch",
  RE_ENTRY: "Re-entry",
  RIDER: "Another rider",
  EQUIPMENT: "Other equipment",
  WEIGHT: "Other weight",
  GOING: "Other going",
  RESULT: "Result",
  TOP_PICK: "New top pick",
  VALUE: "Value",
  STEAM: "Steam: shortening",
  DRIFT: "Drift: lengthening",
  OFF_SOON: "Off soon",
} as const;
export type RuleKind = keyof typeof RULE_KINDS;

export interface Rule {
  readonly kind: RuleKind;
  readonly name?: string;
  readonly races?: readonly string[];
  readonly tracks?: readonly string[];
  readonly horses?: readonly string[];
  readonly riders?: readonly string[];
  readonly trainers?: readonly string[];
  readonly ticket?: readonly string[];
  readonly tracked?: boolean;
  readonly of?: "any" | "favourite";
  readonly threshold?: number | null;
}

export interface KeptRule {
  readonly id: string;
  readonly version: number;
  readonly rule: Rule;
  readonly changed_at: string;
}

export interface Threshold {
  readonly label: string;
  readonly hint: string;
  /** What the form's number is divided by. */
  readonly scale: number;
  readonly usual: number;
  readonly most: number;
}

/** Of the kinds that have one: what the threshold is called and how it is counted in the form. */
export const THRESHOLDS: Partial<Record<RuleKind, Threshold>> = {
  VALUE: { label: "From, in per cent", hint: "Expected value over the stake.", scale: 100, usual: 5, most: 1000 },
  STEAM: { label: "From, in per cent", hint: "How much shorter within 5 minutes.", scale: 100, usual: 10, most: 99 },
  DRIFT: { label: "From, in per cent", hint: "How much longer within 5 minutes.", scale: 100, usual: 15, most: 1000 },
  OFF_SOON: { label: "Minutes before the off", hint: "By the announced off.", scale: 1, usual: 10, most: 180 },
};

export const OF_FAVOURITE: readonly RuleKind[] = ["SCRATCH", "RE_ENTRY"];

/** Whom a rule may be about, and what the form calls them. */
export const ABOUT = {
  tracks: { label: "Tracks", hint: "Codes, as BEL, SAR." },
  horses: { label: "Horses", hint: "Names, one after the other with commas." },
  riders: { label: "Riders", hint: "Names." },
  trainers: { label: "Trainers", hint: "Names." },
  races: { label: "Races", hint: "Ids, as BEL-20230715-01." },
} as const;
export type About = keyof typeof ABOUT;

/** The rule that a form's values ask for. */
export function ruleOf(kind: RuleKind, values: ReadonlyMap<string, string>): Rule {
  const lists = (Object.keys(ABOUT) as About[]).flatMap((name) => {
    const entries = listed(values.get(name));
    return entries.length > 0 ? [[name, name === "tracks" ? entries.map((one) => one.toUpperCase()) : entries]] : [];
  });
  const name = values.get("name")?.trim();
  const threshold = THRESHOLDS[kind];
  const given = Number(values.get("threshold"));
  return {
    kind,
    ...(name ? { name } : {}),
    ...(Object.fromEntries(lists) as Partial<Record<About, string[]>>),
    ...(values.has("tracked") ? { tracked: true } : {}),
    ...(values.has("favourite") && OF_FAVOURITE.includes(kind) ? { of: "favourite" as const } : {}),
    ...(threshold && given > 0 ? { threshold: given / threshold.scale } : {}),
  };
}

/** The entries of a text, one after the other with commas or on lines. */
export function listed(text: string | undefined): string[] {
  return (text ?? "")
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** A rule as a sentence, as Value from 10 % on at BEL. */
export function ruleWords(rule: Rule): string {
  const threshold = THRESHOLDS[rule.kind];
  const from = threshold ? (rule.threshold ?? threshold.usual / threshold.scale) : null;
  const figure =
    threshold && from !== null
      ? threshold.scale === 100
        ? ` from ${Number((from * 100).toFixed(1))} % on`
        : `, ${from} minutes before`
      : "";
  const favourite = rule.of === "favourite" ? " of the favourite" : "";
  const about = (Object.keys(ABOUT) as About[]).flatMap((name) => rule[name] ?? []).concat(rule.ticket ?? []);
  const whom = [...about, ...(rule.tracked ? ["all that you follow"] : [])];
  return `${RULE_KINDS[rule.kind]}${figure}${favourite}: ${whom.length > 0 ? whom.join(", ") : "every race"}`;
}

/** What a rule would have told on a racing day. */
export interface Preview {
  readonly day: string;
  readonly times: number;
  readonly whole: boolean;
  readonly first: readonly { readonly at: string; readonly race_id: string; readonly title: string; readonly text: string }[];
}

export function previewWords({ times, whole }: Preview): string {
  const part = whole ? "" : " in the part of the day that there was time to look through";
  if (times === 0) return `It would never have fired${part}.`;
  return `It would have fired ${times === 1 ? "once" : `${times} times`}${part}.`;
}

/** The last Saturday before a day, which is a day with much racing. */
export function lastSaturday(today: Date): string {
  const day = new Date(today);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() % 7) + 1));
  return day.toISOString().slice(0, 10);
}
