import { describe, expect, test } from "vitest";
import { shrinkSchedule } from "../../../../src/sim/faults/shrink.ts";
import type { Schedule, ScheduledFault } from "../../../../src/sim/faults/schedule.ts";

function fault(node: string, atMs: number): ScheduledFault {
  return { atMs, forMs: 1_000, fault: { kind: "pause", node } };
}

const SCHEDULE: Schedule = {
  durationMs: 60_000,
  faults: Array.from({ length: 40 }, (_, index) => fault(`node${index}`, index * 1_000)),
};

function nodesOf({ faults }: Schedule): readonly string[] {
  return faults.map((each) => (each.fault.kind === "pause" ? each.fault.node : ""));
}

describe("shrinking a failing schedule", () => {
  test("leaves the faults that it takes, as short as they may be", async () => {
    const fails = (candidate: Schedule): Promise<boolean> => {
      const isLongEnough = candidate.faults.every(
        (each) => each.forMs >= 300 || !nodesOf({ ...candidate, faults: [each] }).includes("node7"),
      );
      const nodes = nodesOf(candidate);
      return Promise.resolve(nodes.includes("node7") && nodes.includes("node31") && isLongEnough);
    };
    const { schedule, runs } = await shrinkSchedule(SCHEDULE, fails, { runsMax: 200 });
    expect(nodesOf(schedule)).toEqual(["node7", "node31"]);
    expect(schedule.faults.map(({ forMs }) => forMs)).toEqual([500, 62]);
    expect(schedule.durationMs).toBe(32_000);
    expect(runs).toBeLessThan(60);
  });

  test("finds that a run fails without any fault", async () => {
    const { schedule } = await shrinkSchedule(SCHEDULE, () => Promise.resolve(true), {
      runsMax: 50,
    });
    expect(schedule).toEqual({ durationMs: 0, faults: [] });
  });

  test("spends no more runs than it may", async () => {
    let runs = 0;
    const fails = (): Promise<boolean> => {
      runs += 1;
      return Promise.resolve(false);
    };
    const shrunk = await shrinkSchedule(SCHEDULE, fails, { runsMax: 7 });
    expect([runs, shrunk.runs, shrunk.schedule]).toEqual([7, 7, SCHEDULE]);
  });
});
