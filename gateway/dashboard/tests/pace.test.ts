import { describe, expect, it } from "vitest";
import { band, paceLines, points } from "../src/pace";
import { race, runner } from "./builders";

describe("the pace", () => {
  it("has the likely leader first and leaves out who does not run or has no projection", () => {
    const runners = [
      runner({ runner_id: "a", pace: [2.5, 2, 2, 1.4] }),
      runner({ runner_id: "b", pace: [1.2, 1.5, 2, 2.2] }),
      runner({ runner_id: "c", pace: [1, 1, 1, 1], status: "SCRATCHED" }),
      runner({ runner_id: "d" }),
    ];
    expect(paceLines(race({ runners })).map((line) => line.runner.runner_id)).toEqual(["b", "a"]);
  });

  it("draws the leader on top and the last at the bottom", () => {
    expect(points([1, 2, 3, 3], 3, 300, 100)).toBe("0.0,0.0 100.0,50.0 200.0,100.0 300.0,100.0");
  });

  it("draws how far off a runner usually is, within the field", () => {
    const [line] = paceLines(race({ runners: [runner({ pace: [1, 2, 2, 3], pace_spreads: [0.5, 0.5, 1, 1] })] }));
    expect(line && band(line, 3, 300, 100)).toBe(
      "0.0,0.0 100.0,25.0 200.0,0.0 300.0,50.0 300.0,100.0 200.0,100.0 100.0,75.0 0.0,25.0",
    );
    const [bare] = paceLines(race({ runners: [runner({ pace: [1, 2, 2, 3] })] }));
    expect(bare && band(bare, 3, 300, 100)).toBe("");
  });

  it("draws a walkover as a line on top", () => {
    expect(points([1, 1, 1, 1], 1, 300, 100)).toBe("0.0,0.0 100.0,0.0 200.0,0.0 300.0,0.0");
  });
});
