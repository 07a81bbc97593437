import { expect, test } from "vitest";
import { emptyLog, log, ofRace, passedOver } from "../src/alerts";
import { alert } from "./builders";

const ids = (alerts: readonly { readonly alert_id: string }[]): string[] => alerts.map((one) => one.alert_id);

test("alerts stand newest first, each once", () => {
  const [a, b] = [alert("a", "2022-11-07T03:30:00Z"), alert("b", "2022-11-07T03:31:00Z")];
  const held = log(log(emptyLog, [a]), [b, a]);
  expect(ids(held.events)).toEqual(["b", "a"]);
  expect(log(held, [a])).toBe(held);
});

test("only the latest 200 are kept", () => {
  const many = Array.from({ length: 250 }, (_, n) => alert(`a${n}`, new Date(1_667_000_000_000 + n * 1000).toISOString()));
  const held = log(emptyLog, many);
  expect(held.events).toHaveLength(200);
  expect(held.events[0]?.alert_id).toBe("a249");
});

test("a gap is remembered", () => {
  expect(log(passedOver(emptyLog), [alert("a")]).gap).toBe(true);
});

test("a race shows what its state carries and what the channel told beyond that", () => {
  const [carried, missed] = [alert("a", "2022-11-07T03:32:00Z"), alert("b", "2022-11-07T03:31:00Z")];
  const elsewhere = { ...alert("c"), race_id: "BEL-20230715-01" };
  const held = log(emptyLog, [carried, missed, elsewhere]);
  expect(ids(ofRace(held, "MOE-20221107-06", [carried]))).toEqual(["a", "b"]);
  expect(ofRace(emptyLog, "MOE-20221107-06", [carried])).toEqual([carried]);
});
