import { expect, test } from "vitest";
import { age, amount, change, countdown, distance, localTime, longDate, ordinal, percent, words } from "../src/format";

test("a countdown is mm:ss, with hours only where there are any, and a plus once it is late", () => {
  expect([192, 59.2, 0, -5, 3600, 5405, null].map(countdown)).toEqual([
    "03:12", "01:00", "00:00", "+00:05", "1:00:00", "1:30:05", "–",
  ]);
});

test("ages use their largest unit", () => {
  expect([0.4, 8.9, 99, 100, 7_199, 200_000].map(age)).toEqual(["<1 s", "8 s", "99 s", "1 min", "1 h", "2 d"]);
});

test("shares and changes are in per cent with one decimal", () => {
  expect([1, 0.2134, null].map(percent)).toEqual(["100.0 %", "21.3 %", "–"]);
  expect([-0.08, 0.032, 0, -0.0001, null].map(change)).toEqual(["−8.0", "+3.2", "0.0", "0.0", "–"]);
});

test("amounts keep three figures", () => {
  expect([55.1, 999.7, 5234, 123456, 1.4e6, null].map(amount)).toEqual(["55", "1.0k", "5.2k", "123k", "1.4M", ""]);
});

test("times are the track's", () => {
  expect(localTime("2022-11-07T03:35:00Z", "Australia/Melbourne")).toBe("14:35");
  expect(localTime("2022-11-07T03:35:09Z", "America/New_York", true)).toBe("22:35:09");
  expect(localTime(null, "Europe/London")).toBe("–");
  expect(longDate("2022-11-07")).toBe("Monday 7 November 2022");
});

test("distances are in furlongs where racing uses them and in metres elsewhere", () => {
  expect(distance(8.5, "US")).toBe("8.5 f");
  expect(distance(15.9, "FR")).toBe("3,199 m");
  expect(distance(null, "GB")).toBeNull();
});

test("constants and places read as words", () => {
  expect(words("VERY_SOFT")).toBe("Very soft");
  expect([1, 2, 3, 4, 11, 12, 21, 22, 112].map(ordinal)).toEqual([
    "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "22nd", "112th",
  ]);
});
