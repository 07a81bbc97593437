/** Runners of one race: their price, their order in the table, and which of them the chart follows. */
import type { RaceState, Runner } from "./contract";

export type SortBy = "number" | "probability";

export function isActive(runner: Runner): boolean {
  return runner.status === "ACTIVE";
}

/** The last price, or failing that the best one on offer; decimal odds. */
export function priceOf(runner: Runner): number | null {
  return runner.last ?? runner.back ?? runner.lay;
}

/** Sum of the win probabilities shown, which are those of all but the scratched; null before the first prediction. */
export function sumOfWin(state: RaceState): number | null {
  const known = state.runners.flatMap((runner) =>
    runner.status !== "SCRATCHED" && runner.win_probability !== null ? [runner.win_probability] : [],
  );
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
}

const natural = new Intl.Collator("en", { numeric: true });

/** Program numbers as people count them: 1, 1A, 2, 10; runners without one come last. */
export function compareNumbers(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return natural.compare(one, other);
}

const STATUS_RANK = { ACTIVE: 0, ALSO_ELIGIBLE: 1, SCRATCHED: 2 } as const;

interface Interest {
  readonly runners: readonly Runner[];
  readonly probability: number;
}

/** The table's order: coupled entries side by side, also-eligibles after the field, scratched runners at the end. */
export function orderRunners(runners: readonly Runner[], by: SortBy): readonly Runner[] {
  const coupledBy = new Map<string, Runner[]>();
  for (const runner of runners) {
    const key = interestOf(runner);
    coupledBy.set(key, [...(coupledBy.get(key) ?? []), runner]);
  }
  const entries = [...coupledBy.values()].map(
    (coupled): Interest => ({
      runners: [...coupled].sort(byNumber),
      probability: coupled.reduce((sum, runner) => sum + (isActive(runner) ? (runner.win_probability ?? 0) : 0), 0),
    }),
  );
  const byLead = (one: Interest, other: Interest): number => byNumber(one.runners[0], other.runners[0]);
  entries.sort((one, other) => (by === "probability" && other.probability - one.probability) || byLead(one, other));
  return entries.flatMap((entry) => entry.runners);
}

/** One betting interest in one status: a scratched half of a coupled entry goes to the end by itself. */
function interestOf(runner: Runner): string {
  return `${STATUS_RANK[runner.status]} ${runner.betting_interest ?? `alone ${runner.runner_id}`}`;
}

function byNumber(one: Runner | undefined, other: Runner | undefined): number {
  if (!one || !other) return 0;
  return (
    STATUS_RANK[one.status] - STATUS_RANK[other.status] ||
    compareNumbers(one.number, other.number) ||
    natural.compare(one.name ?? "", other.name ?? "") ||
    natural.compare(one.runner_id, other.runner_id)
  );
}

/** Ids of `count` runners to follow: those followed already while they are in, then the likeliest others. */
export function keepTop(followed: readonly string[], runners: readonly Runner[], count: number): readonly string[] {
  const active = runners.filter(isActive);
  const kept = followed.filter((id) => active.some((runner) => runner.runner_id === id));
  const others = active
    .filter((runner) => !kept.includes(runner.runner_id))
    .sort((one, other) => (other.win_probability ?? 0) - (one.win_probability ?? 0))
    .map((runner) => runner.runner_id);
  return [...kept, ...others].slice(0, count);
}
