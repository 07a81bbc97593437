/** How the race is expected to be run: a line for each runner over the calls, and the same in words. */
import type { RaceState } from "../contract";
import { band, CALLS, paceLines, points } from "../pace";
import { Cloth } from "./Cloth";

const BOX = { width: 600, height: 220 } as const;
/** Lines drawn strongly: those likeliest in front early, and those at the finish. */
const STRONG = 3;

export function Pace({ state }: { readonly state: RaceState }) {
  const lines = paceLines(state);
  if (lines.length < 2) return null;
  const atFinish = [...lines].sort((one, other) => (one.positions[3] ?? 0) - (other.positions[3] ?? 0));
  const strong = new Set([...lines.slice(0, STRONG), ...atFinish.slice(0, STRONG)]);
  return (
    <section class="pace" aria-label="Pace" data-testid="pace">
      <h2>Pace</h2>
      <p data-testid="pace-words">{state.pace_words}</p>
      <div class="pace-picture">
        <Ends lines={lines} call={0} country={state.country} />
        <svg viewBox={`-6 -8 ${BOX.width + 12} ${BOX.height + 16}`} preserveAspectRatio="none" aria-hidden="true">
          {CALLS.map((call, at) => (
            <line
              key={call}
              class="pace-call"
              x1={(at / (CALLS.length - 1)) * BOX.width}
              x2={(at / (CALLS.length - 1)) * BOX.width}
              y1={0}
              y2={BOX.height}
            />
          ))}
          {lines.map((line, at) =>
            strong.has(line) ? (
              <polygon
                key={line.runner.runner_id}
                class="pace-band"
                style={{ fill: `var(--line-${(at % 6) + 1})` }}
                points={band(line, lines.length, BOX.width, BOX.height)}
              />
            ) : null,
          )}
          {lines.map((line, at) => (
            <polyline
              key={line.runner.runner_id}
              class={strong.has(line) ? "pace-line strong" : "pace-line"}
              style={strong.has(line) ? { stroke: `var(--line-${(at % 6) + 1})` } : undefined}
              points={points(line.positions, lines.length, BOX.width, BOX.height)}
            />
          ))}
        </svg>
        <Ends lines={lines} call={3} country={state.country} />
      </div>
      <p class="pace-calls" aria-hidden="true">
        {CALLS.map((call) => (
          <span key={call}>{call}</span>
        ))}
      </p>
    </section>
  );
}

/** The cloths at one end, each at the height of its position. */
function Ends({
  lines,
  call,
  country,
}: {
  readonly lines: ReturnType<typeof paceLines>;
  readonly call: number;
  readonly country: string;
}) {
  const order = [...lines].sort((one, other) => (one.positions[call] ?? 0) - (other.positions[call] ?? 0));
  return (
    <ol class="pace-ends">
      {order.map((line) => (
        <li key={line.runner.runner_id}>
          <Cloth runner={line.runner} country={country} />
        </li>
      ))}
    </ol>
  );
}
