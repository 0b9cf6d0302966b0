import { describe, expect, test } from "vitest";
import { SCENARIOS } from "../../../../src/network/chaos/scenarios.ts";

const names = { orderers: ["o1", "o2", "o3", "o4", "o5"], peers: ["p1", "p2"] };

describe("courses of faults", () => {
  test.each(Object.entries(SCENARIOS))("%s hits something and ends within a minute", (_, each) => {
    const steps = each.steps(names);
    const totalMs = steps.reduce((sum, { waitMs, holdMs }) => sum + waitMs + holdMs, 0);
    expect(steps.length).toBeGreaterThan(0);
    expect(totalMs).toBeLessThan(60_000);
    expect(each.about).toMatch(/\S/);
  });

  test("a rolling restart takes every node once", () => {
    const hit = SCENARIOS["rolling-restart"]
      ?.steps(names)
      .map(({ fault }) =>
        fault.kind === "kill" && fault.target.kind === "node" ? fault.target.name : "",
      );
    expect(hit).toEqual(["o1", "o2", "o3", "o4", "o5", "p1", "p2"]);
  });
});
