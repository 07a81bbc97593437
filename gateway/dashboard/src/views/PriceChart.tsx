/** The big chart: prices over time of the runners with the best chances. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { CHART_RUNNERS, chartData, chartOptions } from "../chart";
import type { RaceState } from "../contract";
import { keepTop } from "../runners";
import { oddsFormat } from "../settings";
import { trail } from "../store";

const HEIGHT = 300;

export function PriceChart({ state }: { readonly state: RaceState }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const followed = useRef<readonly string[]>([]);
  const scheme = useScheme();
  // Once a race is over the lines that told its story stay.
  if (!state.result) followed.current = keepTop(followed.current, state.runners, CHART_RUNNERS);
  else if (followed.current.length === 0) followed.current = keepTop([], state.runners, CHART_RUNNERS);
  const ids = followed.current;
  const key = ids.join(" ");
  const format = oddsFormat.value;
  const data = trail.value;

  useEffect(() => {
    if (!box.current) return;
    const made = draw(box.current, ids, state, format);
    plot.current = made;
    const watch = new ResizeObserver(([entry]) => {
      if (entry) made.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT });
    });
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [key, format, scheme, state.time_zone]);

  useEffect(() => plot.current?.setData(chartData(data, ids)), [data, key, format, scheme]);

  return (
    <section class="chart" aria-label="Prices over time of the likeliest runners">
      <h2>
        Prices <small>shorter is lower; hover or touch to read a time</small>
      </h2>
      <div ref={box} data-testid="chart" />
    </section>
  );
}

function draw(box: HTMLElement, ids: readonly string[], state: RaceState, format: typeof oddsFormat.value): uPlot {
  const style = getComputedStyle(box);
  const runners = ids.flatMap((id) => state.runners.filter((runner) => runner.runner_id === id));
  const options = chartOptions(runners, {
    width: box.clientWidth,
    height: HEIGHT,
    timeZone: state.time_zone,
    format,
    colour: (name) => style.getPropertyValue(name).trim(),
  });
  return new uPlot(options, chartData(trail.peek(), ids), box);
}

/** Light or dark, as the system says now: the canvas must be drawn anew when it changes. */
function useScheme(): string {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const turn = (event: MediaQueryListEvent): void => setDark(event.matches);
    query.addEventListener("change", turn);
    return () => query.removeEventListener("change", turn);
  }, []);
  return dark ? "dark" : "light";
}
