import { expect, test } from "vitest";
import { parseRoute, raceLink } from "../src/route";

test("a race's link leads back to it", () => {
  for (const id of ["MOE-20221107-06", "A/B %"]) expect(parseRoute(raceLink(id))).toEqual({ page: "race", raceId: id });
});

test.each(["", "#/", "#/race/", "#/elsewhere", "#/race/a/b"])("any other address is the day: %s", (hash) => {
  expect(parseRoute(hash)).toEqual({ page: "day" });
});

test("a broken escape is taken as it stands", () => {
  expect(parseRoute("#/race/%E0%A4%A")).toEqual({ page: "race", raceId: "%E0%A4%A" });
});
