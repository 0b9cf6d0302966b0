import { describe, expect, test } from "vitest";
import { inspectLog, WriteAheadLog } from "../../../../cluster/replica/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

const SECTOR = 512;

async function sampleLog(): Promise<SimulatedFiles> {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  const { log } = await WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: "/raft", owner: "ch1/2", segmentBytes: 3 * SECTOR },
  );
  for (let index = 1; index <= 5; index += 1) {
    const hardState = { term: 3, votedFor: 1, commit: index - 1 };
    const entry = { type: "normal", index, term: 3, data: utf8(`entry ${index}`) } as const;
    await log.append({ hardState, entries: [entry] });
  }
  const configuration = {
    voters: [1, 2, 3],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  };
  await log.takeSnapshot({ index: 4, term: 3, configuration, data: utf8("block") });
  await log.close();
  return files;
}

describe("an inspection of a log", () => {
  test("says what it holds and changes nothing", async () => {
    const files = await sampleLog();
    const steps = files.faults.stepCount;
    const report = await inspectLog(files, "/raft");
    expect(report).toMatchObject({
      owner: "ch1/2",
      hardState: { term: 3, votedFor: 1, commit: 4 },
      snapshot: { index: 4, term: 3, configuration: { voters: [1, 2, 3] }, bytes: 5 },
      firstIndex: 5,
      lastIndex: 5,
      forgotten: undefined,
      tornBytes: 0,
      fault: undefined,
    });
    expect(report.segments.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex])).toEqual([
      [1, 2],
      [3, 4],
      [5, 5],
    ]);
    expect(files.faults.stepCount).toBe(steps);
  });

  test("names the place of any byte that is wrong", async () => {
    const files = await sampleLog();
    for (const name of await files.list("/raft")) {
      const path = `/raft/${name}`;
      const whole = files.contentOf(path);
      for (let offset = 0; offset < whole.length; offset += 1) {
        const spoiled = whole.slice();
        spoiled[offset]! ^= 0x80;
        files.overwrite(path, spoiled);
        const { fault } = await inspectLog(files, "/raft");
        if (fault?.file !== path) throw new Error(`byte ${offset} of ${name} passes for sound`);
        expect(fault.offset).toBe(offset - (offset % SECTOR));
      }
      files.overwrite(path, whole);
    }
  });

  test("tells a torn end and a missing segment", async () => {
    const files = await sampleLog();
    const last = "/raft/wal-0000000000000002.heddle";
    const torn = files.contentOf(last);
    torn.fill(0, 2 * SECTOR, 3 * SECTOR);
    torn[2 * SECTOR + 700 - SECTOR] = 1;
    files.overwrite(last, torn.subarray(0, 3 * SECTOR));
    expect((await inspectLog(files, "/raft")).fault).toMatchObject({ file: last });
    await files.remove("/raft/wal-0000000000000001.heddle");
    expect((await inspectLog(files, "/raft")).fault).toMatchObject({
      file: "/raft/wal-0000000000000001.heddle",
      reason: "the segment is missing",
    });
  });
});
