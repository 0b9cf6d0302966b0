import { describe, expect, test } from "vitest";
import { forecastRecovery, recoverAlone } from "../../../../cluster/ordering/index.ts";
import { cutOffMembers, recoveryRecords } from "../../../../cluster/ordering/recovery-record.ts";
import { WriteAheadLog, bootstrapLog, planForcedGroup } from "../../../../cluster/replica/index.ts";
import { recordMember } from "../../../../cluster/replica/set-aside.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { BlockStore } from "../../../../src/ledger/index.ts";
import { sampleChannel, sampleClock } from "../../../support/sample-channel.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const sample = await sampleChannel();
const ports = { clock: sampleClock, timers: new SimulatedTime(), logger: silentLogger };
const REQUEST = { directory: "/ch", by: "operator@host", others: [{ raftId: 1, state: "down" }] };

/** The channel at member 2 of three: the genesis block, and entries of which the last is not known to be committed. */
async function channelFolder(seed: number): Promise<SimulatedFiles> {
  const files = new SimulatedFiles({ random: new SeededRandom(seed) });
  for (const path of ["/ch", "/ch/raft", "/ch/blocks"]) await files.makeDirectory(path);
  await files.syncDirectory("/");
  await files.syncDirectory("/ch");
  const blocks = await BlockStore.open({ files, ...ports, directory: "/ch/blocks" });
  await blocks.append(sample.genesis);
  await blocks.close();
  await recordMember(files, "/ch/raft", "sample/2");
  const { log } = await WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: "/ch/raft", owner: "sample/2", segmentBytes: 16_384 },
  );
  const { entries } = bootstrapLog([1, 2, 3]);
  await log.append({
    hardState: { term: 3, votedFor: 2, commit: 3 },
    entries: [...entries, { type: "normal", term: 3, index: 4, data: utf8("unsure") }],
  });
  await log.close();
  return files;
}

describe("the recovery of a channel", () => {
  test("is forecast with what may come to be and who is cut off", async () => {
    const files = await channelFolder(1);
    const deps = { files, ...ports };
    expect(await forecastRecovery(deps, "/ch")).toEqual({
      channelId: "sample",
      raftId: 2,
      height: 1,
      voters: [1, 2, 3],
      consenters: [{ raftId: 1, address: "orderer1.example.com:7050" }],
      committedIndex: 3,
      lastIndex: 4,
      lastTerm: 3,
      newTerm: 4,
      cutOffIds: [1, 3],
      isAlone: false,
    });
    expect(await recoveryRecords(files, "/ch")).toEqual([]);
  });

  test("is on record: who, when, what was, and what is", async () => {
    const files = await channelFolder(1);
    const deps = { files, ...ports };
    const { record, path } = await recoverAlone(deps, REQUEST);
    expect(path).toMatch(/^\/ch\/recoveries\/term-0+4\.json$/);
    expect(record).toMatchObject({
      state: "done",
      at: "2026-01-01T00:00:00.000Z",
      by: "operator@host",
      votersBefore: [1, 2, 3],
      votersAfter: [2],
      committedIndex: 3,
      lastIndex: 4,
      others: [{ raftId: 1, state: "down" }],
    });
    expect(await recoveryRecords(files, "/ch")).toEqual([record]);
    expect(await cutOffMembers(files, "/ch")).toEqual(new Set([1, 3]));
    await expect(recoverAlone(deps, REQUEST)).rejects.toMatchObject({ code: "nothing_to_recover" });
  });

  test("survives the loss of power at every step: the same command completes it, once", async () => {
    const undisturbed = await channelFolder(1);
    const before = undisturbed.faults.stepCount;
    await recoverAlone({ files: undisturbed, ...ports }, REQUEST);
    const steps = undisturbed.faults.stepCount - before;
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step += 1) {
      const files = await channelFolder(step);
      const deps = { files, ...ports };
      files.faults.crashAfter(step);
      await recoverAlone(deps, REQUEST).catch(() => undefined);
      files.powerLoss();
      const plan = await planForcedGroup(deps, "/ch/raft");
      // Who was cut off is on record before anything is changed.
      if (plan.isAlone) expect(await cutOffMembers(files, "/ch")).toEqual(new Set([1, 3]));
      await recoverAlone(deps, REQUEST).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "nothing_to_recover" });
      });
      expect(await planForcedGroup(deps, "/ch/raft")).toMatchObject({
        isAlone: true,
        lastIndex: 6,
      });
      const records = await recoveryRecords(files, "/ch");
      expect(records.map(({ state, cutOffIds }) => [state, cutOffIds])).toEqual([["done", [1, 3]]]);
    }
  });

  test.each([
    ["half a record", '{"formatVersion":1,'],
    ["another version", '{"formatVersion":2,"state":"done","cutOffIds":[]}'],
    ["ids that are none", '{"formatVersion":1,"state":"done","cutOffIds":["1"]}'],
    ["nothing", ""],
  ])("is refused where its record is damaged: %s", async (_name, text) => {
    const files = await channelFolder(1);
    await files.makeDirectory("/ch/recoveries");
    const file = await files.open("/ch/recoveries/term-0.json", { create: true });
    await file.writeAt(0, utf8(text));
    await file.close();
    await expect(cutOffMembers(files, "/ch")).rejects.toMatchObject({
      code: "bad_recovery_record",
    });
  });
});
