import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { FaultPlan, SimulatedCrash } from "../../../../src/sim/ports/fault-plan.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { FAILPOINTS, stepName, USUAL_STEPS } from "../../../../src/faults/index.ts";
import { STEPS_OF_CHANGES } from "../../../../src/sim/ports/steps-of-changes.ts";

async function wrote(when: "before" | "after"): Promise<string> {
  const faults = new FaultPlan();
  const files = new SimulatedFiles({ random: new SeededRandom(1), faults });
  const fired: (string | undefined)[] = [];
  faults.onCrash = (step) => fired.push(step);
  const path = "/data/channels/c/raft.member";
  await files.makeDirectory("/data/channels/c");
  faults.crashAt("record of membership put in place", `crash ${when}`);
  faults.restart();
  const file = await files.open(`${path}.new`, { create: true });
  await file.writeAt(0, Uint8Array.of(1));
  await expect(files.rename(`${path}.new`, path)).rejects.toThrow(SimulatedCrash);
  expect(fired).toEqual(["record of membership put in place"]);
  faults.restart();
  return files.paths().join();
}

describe("named steps", () => {
  test("are told apart by the file and by what happens to it", () => {
    const raft = "/data/channels/c/raft/wal-00000000000000000001.heddle";
    expect(stepName("sync", raft)).toBe("log segment flushed");
    expect(stepName("write", "/data/channels/c/blocks/blocks-000001.heddle")).toBe(
      "block file written",
    );
    expect(stepName("rename", "/data/pendingops/join/c.join")).toBe(
      "record of a join put in place",
    );
    expect(stepName("batch", "")).toBe("state batch written");
    expect(stepName("sync", "/elsewhere")).toBeUndefined();
  });

  test("are many, each once", () => {
    const all = Object.entries(FAILPOINTS).flatMap(([role, steps]) =>
      steps.map((step) => `${role} ${step}`),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(60);
  });

  test("crash before or after they are done, in this process or a later one", async () => {
    expect(await wrote("before")).toBe("/data/channels/c/raft.member.new");
    expect(await wrote("after")).toBe("/data/channels/c/raft.member");
  });

  test("crash at whichever of several comes first, and at the others later", async () => {
    const faults = new FaultPlan();
    const files = new SimulatedFiles({ random: new SeededRandom(1), faults });
    const fired: string[] = [];
    for (const name of ["folder of records flushed", "channel folder flushed"]) {
      faults.crashAt(name, "crash before", () => fired.push(name));
    }
    const takeBack = faults.crashAt("log folder flushed", "crash before");
    takeBack();
    await expect(files.syncDirectory("/data/channels/c")).rejects.toThrow(SimulatedCrash);
    expect(fired).toEqual(["channel folder flushed"]);
    faults.restart();
    await files.syncDirectory("/data/channels/c/raft");
    await files.syncDirectory("/data/channels/c");
    await expect(files.syncDirectory("/data/pendingops/join")).rejects.toThrow(SimulatedCrash);
    expect(fired).toEqual(["channel folder flushed", "folder of records flushed"]);
  });

  test("of changes are steps that are counted", () => {
    const { orderer, peer } = FAILPOINTS;
    const { join, ...ofOrderers } = STEPS_OF_CHANGES;
    for (const step of Object.values(ofOrderers).flat()) expect(orderer).toContain(step);
    for (const step of join) expect(peer).toContain(step);
    const inChanges = new Set([...Object.values(ofOrderers).flat(), ...USUAL_STEPS.orderer]);
    expect([...inChanges].sort()).toEqual([...orderer].sort());
  });

  test("do not crash once the order is taken back", async () => {
    const faults = new FaultPlan();
    const files = new SimulatedFiles({ random: new SeededRandom(1), faults });
    faults.crashAt("channel folder flushed", "crash before");
    faults.disarm();
    await expect(files.syncDirectory("/data/channels/c")).resolves.toBeUndefined();
  });
});
