import { expect, test } from "vitest";
import { accept, ageSeconds, raceClock, secondsToOff } from "../src/board";
import { race } from "./builders";

const sighting = { state: race(), receivedAt: 1_000 };

test("a lower revision is dropped, the same or a higher one taken", () => {
  const board = accept(new Map(), [race({ revision: 5, traded: 1 })], 0);
  const shown = (revision: number): unknown =>
    accept(board, [race({ revision, traded: 2 })], 9).get("MOE-20221107-06")?.state.traded;
  expect([4, 5, 6].map(shown)).toEqual([1, 2, 2]);
});

test("accepting leaves the board it was given alone", () => {
  const board = accept(new Map(), [race()], 0);
  accept(board, [race({ revision: 999 })], 0);
  expect(board.get("MOE-20221107-06")?.state.revision).toBe(123);
});

test("the age goes on from what the gateway said", () => {
  expect(ageSeconds(sighting, 1_000)).toBe(0.5);
  expect(ageSeconds(sighting, 4_000)).toBe(3.5);
  expect(ageSeconds(sighting, 0)).toBe(0.5);
});

test("the race's clock is its event time and the age, whatever year this machine thinks it is", () => {
  expect(new Date(raceClock(sighting, 3_500)).toISOString()).toBe("2022-11-07T03:30:03.000Z");
});

test("seconds to the off count from the announced off, and from the actual one once known", () => {
  expect(secondsToOff(sighting, 1_500)).toBe(299);
  expect(secondsToOff({ ...sighting, state: race({ off_time: "2022-11-07T03:36:00Z" }) }, 1_500)).toBe(359);
  expect(secondsToOff({ ...sighting, state: race({ scheduled_off: null }) }, 1_500)).toBeNull();
});
