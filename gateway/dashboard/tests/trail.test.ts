import { expect, test } from "vitest";
import type { RaceHistory } from "../src/contract";
import { emptyTrail, extend, join, sparkline, type Trail } from "../src/trail";
import { race, runner } from "./builders";

const at = (seconds: number, last: number | null, id = "a") =>
  race({
    event_time: new Date(seconds * 1000).toISOString(),
    runners: [runner({ runner_id: id, last, back: null, lay: null })],
  });
const grow = (...states: ReturnType<typeof at>[]): Trail => states.reduce(extend, emptyTrail);
const history: RaceHistory = {
  race_id: "R",
  bar_seconds: 60,
  times: [60, 120],
  runners: [{ runner_id: "a", prices: [5, 4] }],
};

test("live points within five seconds are one", () => {
  const trail = grow(at(100, 5), at(103, 4.8), at(105, 4.6));
  expect(trail.times).toEqual([100, 105]);
  expect(trail.prices.get("a")).toEqual([4.8, 4.6]);
});

test("time never goes back", () => {
  const trail = grow(at(100, 5), at(110, 4), at(90, 3));
  expect(trail.times).toEqual([100, 110]);
  expect(trail.prices.get("a")).toEqual([5, 3]);
});

test("a runner that comes later has no past, one that is gone no present", () => {
  const trail = grow(at(100, 5, "a"), at(110, 9, "b"));
  expect(trail.prices.get("a")).toEqual([5, null]);
  expect(trail.prices.get("b")).toEqual([null, 9]);
});

test("a scratched runner's line stops", () => {
  const gone = race({ event_time: "1970-01-01T00:02:00Z", runners: [runner({ runner_id: "a", status: "SCRATCHED" })] });
  expect(grow(at(100, 5), gone).prices.get("a")).toEqual([5, null]);
});

test("history is followed by the live points beyond its end", () => {
  const trail = join(history, grow(at(115, 9), at(125, 3.9), at(130, 3.8)));
  expect(trail.times).toEqual([60, 120, 125, 130]);
  expect(trail.prices.get("a")).toEqual([5, 4, 3.9, 3.8]);
});

test("joining again gives the same, whichever runners each side knows", () => {
  const once = join(history, grow(at(125, 7, "b")));
  expect(once.prices.get("b")).toEqual([null, null, 7]);
  expect(join(history, once)).toEqual(once);
});

test("a page left open for hours keeps a bounded trail", () => {
  const times = Array.from({ length: 5_000 }, (_, index) => index * 5);
  const full: Trail = { times, prices: new Map([["a", times.map(() => 2)]]) };
  const trail = extend(full, at(5_000 * 5, 3));
  expect(trail.times).toHaveLength(5_000);
  expect(trail.prices.get("a")).toHaveLength(5_000);
  expect(trail.times.at(-1)).toBe(25_000);
});

test("a sparkline runs from left to right, longer prices higher, and needs two points", () => {
  expect(sparkline(grow(at(100, 2), at(110, 4)), "a", 1_800, 80, 20)).toBe("0.0,20.0 80.0,0.0");
  expect(sparkline(grow(at(100, 2)), "a", 1_800, 80, 20)).toBeNull();
  expect(sparkline(emptyTrail, "nobody", 1_800, 80, 20)).toBeNull();
});

test("a steady price is a level line", () => {
  expect(sparkline(grow(at(100, 3), at(110, 3)), "a", 1_800, 80, 20)).toBe("0.0,10.0 80.0,10.0");
});
