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

test.each(["alerts", "account", "programs", "play"])("one's own pages, with and without the slash: %s", (own) => {
  for (const hash of [`#/${own}`, `#${own}`]) expect(parseRoute(hash)).toEqual({ page: "own", own });
});

test.each(["confirm", "reset", "address"])("a mail's link has its token: %s", (mailed) => {
  expect(parseRoute(`#${mailed}=aB-_9`)).toEqual({ page: "mailed", mailed, token: "aB-_9" });
});

test.each(["#confirm=", "#confirm=a b", "#other=token"])("what is no link of a mail is the day: %s", (hash) => {
  expect(parseRoute(hash)).toEqual({ page: "day" });
});
