import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { randomSteps, scenario, SCENARIOS } from "../../../../src/network/chaos/scenarios.ts";

const names = { orderers: ["o1", "o2", "o3"], peers: ["p1", "p2"] };

describe("courses of faults", () => {
  test.each(SCENARIOS)("%s hits something and ends within a minute", (name) => {
    const steps = scenario(name, names);
    const totalMs = steps.reduce((sum, { waitMs, holdMs }) => sum + waitMs + holdMs, 0);
    expect(steps.length).toBeGreaterThan(0);
    expect(totalMs).toBeLessThan(60_000);
  });

  test("a rolling restart takes every node once", () => {
    const hit = scenario("rolling-restart", names).map(({ fault }) =>
      fault.kind === "kill" && fault.target.kind === "node" ? fault.target.name : "",
    );
    expect(hit).toEqual(["o1", "o2", "o3", "p1", "p2"]);
  });

  property.prop([fc.integer({ min: 0, max: 2 ** 31 })])(
    "random ones are the same for the same seed and fill their time",
    (seed) => {
      const steps = randomSteps(new SeededRandom(seed), 60_000, names);
      expect(randomSteps(new SeededRandom(seed), 60_000, names)).toEqual(steps);
      const totalMs = steps.reduce((sum, { waitMs, holdMs }) => sum + waitMs + holdMs, 0);
      expect(totalMs).toBeGreaterThanOrEqual(60_000);
    },
  );
});
