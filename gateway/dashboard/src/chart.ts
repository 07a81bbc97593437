/** Options of the price chart: one log scale, read as prices on the left, with a line for each runner followed. */
import uPlot from "uplot";
import type { Runner } from "./contract";
import { localTime } from "./format";
import { odds, type OddsFormat } from "./odds";
import type { Trail } from "./trail";

/** Lines told apart by colour and by their place in the legend; more than these are not. */
export const CHART_RUNNERS = 6;

/** Prices that get a line: round ones, evenly spread on a log scale. */
const RUNGS = [1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 65, 80, 100, 200, 500, 1000];
const MOST_RUNGS = 8;

/** The rungs between two prices, thinned to what fits. */
export function rungs(low: number, high: number): number[] {
  const inside = RUNGS.filter((rung) => rung >= low && rung <= high);
  const stride = Math.ceil(inside.length / MOST_RUNGS);
  return inside.filter((_, index) => index % stride === 0);
}

/** The ends of the price axis: the data with a little room, and never so close that noise fills the chart. */
export function priceRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !(low > 0)) return [1.5, 20];
  const spread = Math.max(1.08, Math.sqrt(1.6 / (high / low)));
  return [Math.max(1.01, low / spread), high * spread];
}

export function chartData(trail: Trail, ids: readonly string[]): uPlot.AlignedData {
  const gaps = trail.times.map(() => null);
  return [[...trail.times], ...ids.map((id) => [...(trail.prices.get(id) ?? gaps)])] as uPlot.AlignedData;
}

interface Look {
  readonly width: number;
  readonly height: number;
  readonly timeZone: string;
  readonly format: OddsFormat;
  /** Reads a CSS custom property, so that the colours follow the page's scheme. */
  readonly colour: (name: string) => string;
}

export function chartOptions(runners: readonly Runner[], look: Look): uPlot.Options {
  const font = `12px ${look.colour("--sans")}`;
  const clock = (seconds: number): string => localTime(new Date(seconds * 1000).toISOString(), look.timeZone);
  const axis: uPlot.Axis = {
    font,
    stroke: look.colour("--muted"),
    grid: { stroke: look.colour("--rule"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: look.width,
    height: look.height,
    cursor: { y: false, points: { size: 7 } },
    // Log base 10 wants decades on its own; the rungs below replace them.
    scales: { y: { distr: 3, log: 2, range: (_, low, high) => priceRange(low, high) } },
    axes: [
      { ...axis, values: (_, times) => times.map(clock) },
      {
        ...axis,
        size: 58,
        splits: (_, __, low, high) => rungs(low, high),
        filter: (_, splits) => splits,
        values: (_, prices) => prices.map((price) => odds(price, look.format)),
      },
    ],
    series: [
      { label: "Time", value: (_, time) => (time === null ? "now" : clock(time)) },
      ...runners.map((runner, index) => line(runner, index, look)),
    ],
  };
}

function line(runner: Runner, index: number, look: Look): uPlot.Series {
  return {
    label: [runner.number, runner.name ?? runner.runner_id].filter(Boolean).join(" "),
    stroke: look.colour(`--line-${index + 1}`),
    width: 2,
    spanGaps: true,
    points: { show: false },
    value: (plot, price, series, at) => {
      const shown = at === null ? latest(plot.data[series]) : price;
      return odds(shown ?? null, look.format);
    },
  };
}

function latest(prices: uPlot.AlignedData[number] | undefined): number | null {
  for (let index = (prices?.length ?? 0) - 1; index >= 0; index--) {
    const price = prices?.[index];
    if (typeof price === "number") return price;
  }
  return null;
}
