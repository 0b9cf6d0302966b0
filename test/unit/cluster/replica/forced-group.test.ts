import { describe, expect, test } from "vitest";
import {
  RaftReplica,
  WriteAheadLog,
  bootstrapLog,
  forceGroup,
  planForcedGroup,
  type Entry,
} from "../../../../cluster/replica/index.ts";
import { recordMember } from "../../../../cluster/replica/set-aside.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const SEGMENT_BYTES = 16_384;

/** The log of member 2 of three: entries 1 to 6, of which 1 to 5 are known to be committed. */
async function memberOfThree(): Promise<SimulatedFiles> {
  const files = new SimulatedFiles({ random: new SeededRandom(5) });
  await files.makeDirectory("/ch");
  await files.makeDirectory("/ch/raft");
  await recordMember(files, "/ch/raft", "ch1/2");
  const { log } = await WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: "/ch/raft", owner: "ch1/2", segmentBytes: SEGMENT_BYTES },
  );
  const { entries } = bootstrapLog([1, 2, 3]);
  const own = ["four", "five", "six"].map((text, place): Entry => ({
    type: "normal",
    term: 7,
    index: 4 + place,
    data: utf8(text),
  }));
  await log.append({
    hardState: { term: 7, votedFor: 1, commit: 5 },
    entries: [...entries, ...own],
  });
  await log.close();
  return files;
}

async function started(
  files: SimulatedFiles,
): Promise<{ replica: RaftReplica; applied: string[] }> {
  const time = new SimulatedTime();
  const applied: string[] = [];
  const replica = await RaftReplica.open(
    {
      files,
      clock: time,
      timers: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      meter: silentMeter,
      transport: { send: () => undefined },
    },
    {
      channelId: "ch1",
      raftId: 2,
      voters: [2],
      directory: "/ch/raft",
      tickIntervalMs: 10,
      electionTicks: 10,
      heartbeatTicks: 1,
      messageBytesMax: 1_000,
      inflightMessagesMax: 5,
      segmentBytes: SEGMENT_BYTES,
      diskFreeBytesMin: 0,
    },
    4,
  );
  replica.start({
    isFull: false,
    apply: (entries) => {
      for (const { type, data } of entries) {
        if (type === "normal") applied.push(new TextDecoder().decode(data));
      }
      return Promise.resolve();
    },
    snapshotIntervalBytes: () => Infinity,
    snapshotData: () => Promise.resolve(undefined),
    restore: () => Promise.resolve(),
    leadershipChanged: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  await time.advance(500);
  return { replica, applied };
}

describe("a member that is made the whole of its group", () => {
  test("says first what is known and what is not", async () => {
    const files = await memberOfThree();
    expect(await planForcedGroup({ files, logger: silentLogger }, "/ch/raft")).toMatchObject({
      channelId: "ch1",
      raftId: 2,
      before: { voters: [1, 2, 3] },
      commitIndex: 5,
      lastIndex: 6,
      lastTerm: 7,
      term: 8,
      isAlone: false,
    });
  });

  test("leads alone, with every entry that its log held, and orders", async () => {
    const files = await memberOfThree();
    await forceGroup({ files, logger: silentLogger }, "/ch/raft");
    const { replica, applied } = await started(files);
    expect(replica.leadership.role).toBe("leader");
    expect(replica.leadership.term).toBeGreaterThan(8);
    expect(replica.status().configuration.voters).toEqual([2]);
    expect(replica.propose([utf8("seven")]).accepted).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(applied.filter((text) => text !== "")).toEqual(["five", "six", "seven"]);
    await replica.close();
  });

  test("is that already when it is asked again, and nothing changes", async () => {
    const files = await memberOfThree();
    const deps = { files, logger: silentLogger };
    await forceGroup(deps, "/ch/raft");
    const again = await forceGroup(deps, "/ch/raft");
    expect(again).toMatchObject({ isAlone: true, before: { voters: [2] } });
    const { lastIndex } = await planForcedGroup(deps, "/ch/raft");
    expect(lastIndex).toBe(again.lastIndex);
  });

  test("must have a log", async () => {
    const files = new SimulatedFiles({ random: new SeededRandom(5) });
    await files.makeDirectory("/ch");
    await files.makeDirectory("/ch/raft");
    const deps = { files, logger: silentLogger };
    await expect(planForcedGroup(deps, "/ch/raft")).rejects.toMatchObject({ code: "log_lost" });
    await recordMember(files, "/ch/raft", "ch1/2");
    await expect(forceGroup(deps, "/ch/raft")).rejects.toMatchObject({ code: "log_lost" });
  });
});
