import { describe, expect, test } from "vitest";
import { equalBytes, utf8 } from "../../../../src/kernel/bytes.ts";
import { crc32c } from "../../../../src/kernel/crc32c.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import {
  ReplicaError,
  WriteAheadLog,
  type LogBatch,
  type RecoveredLog,
} from "../../../../cluster/replica/index.ts";
import { segmentName } from "../../../../cluster/replica/wal-format.ts";
import type { Entry, Snapshot } from "../../../../cluster/raft/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";

const DIRECTORY = "/wal";
const OWNER = "ch1/1";
const SECTOR = 512;
const SEGMENT = 32 * SECTOR;
/** Room for a head and two small frames. */
const SMALL = 3 * SECTOR;

function newFiles(seed = 1): SimulatedFiles {
  return new SimulatedFiles({ random: new SeededRandom(seed) });
}

function open(
  files: SimulatedFiles,
  options: { segmentBytes?: number; owner?: string } = {},
): Promise<{ log: WriteAheadLog; recovered: RecoveredLog }> {
  return WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: DIRECTORY, owner: OWNER, segmentBytes: SEGMENT, ...options },
  );
}

function entry(index: number, term = 1, text = `entry ${index} of term ${term}`): Entry {
  return { type: "normal", index, term, data: utf8(text) };
}

function batch(index: number, term = 1): LogBatch {
  const hardState = { term, votedFor: 2, commit: index - 1 };
  return { hardState, entries: [entry(index, term)] };
}

function plain(recovered: RecoveredLog): unknown {
  const entries = recovered.entries.map((each) => ({ ...each, data: [...each.data] }));
  return { hardState: recovered.hardState, entries };
}

async function write(
  files: SimulatedFiles,
  batches: readonly LogBatch[],
  segmentBytes: number = SEGMENT,
) {
  const { log } = await open(files, { segmentBytes });
  for (const each of batches) await log.append(each);
  await log.close();
}

async function failure(run: Promise<unknown>): Promise<ReplicaError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ReplicaError);
  return error as ReplicaError;
}

function segments(files: SimulatedFiles): Promise<readonly string[]> {
  return files.list(DIRECTORY);
}

describe("the write-ahead log", () => {
  test("gives back what was appended", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3, 2)]);
    const { recovered } = await open(files);
    expect(plain(recovered)).toEqual({
      hardState: { term: 2, votedFor: 2, commit: 2 },
      entries: [entry(1), entry(2), entry(3, 2)].map((each) => ({ ...each, data: [...each.data] })),
    });
    expect(recovered.tornBytes).toBe(0);
  });

  test("keeps types, empty data and an absent vote", async () => {
    const files = newFiles();
    const entries: Entry[] = [
      { type: "confChange", index: 1, term: 1, data: utf8("x") },
      { type: "normal", index: 2, term: 2 ** 40, data: new Uint8Array(0) },
    ];
    await write(files, [{ hardState: { term: 2 ** 40, votedFor: undefined, commit: 0 }, entries }]);
    const { recovered } = await open(files);
    expect(recovered.entries).toEqual(entries);
    expect(recovered.hardState).toEqual({ term: 2 ** 40, votedFor: undefined, commit: 0 });
  });

  test("lets later entries replace a conflicting suffix", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3), batch(2, 5)]);
    const { recovered } = await open(files);
    expect(recovered.entries.map(({ index, term }) => [index, term])).toEqual([
      [1, 1],
      [2, 5],
    ]);
  });

  test("merges the batches that arrive during a flush into one", async () => {
    const files = newFiles();
    const { log } = await open(files);
    const before = files.faults.stepCount;
    await Promise.all(Array.from({ length: 50 }, (_, position) => log.append(batch(position + 1))));
    // A write and a flush for the first, and one of each for the 49 that waited.
    expect(files.faults.stepCount - before).toBe(4);
    await log.close();
    expect((await open(files)).recovered.entries).toHaveLength(50);
  });

  test("resolves an append of nothing only after those before it", async () => {
    const { log } = await open(newFiles());
    const order: string[] = [];
    await Promise.all([
      log.append(batch(1)).then(() => order.push("batch")),
      log.append({ hardState: undefined, entries: [] }).then(() => order.push("nothing")),
    ]);
    await log.append({ hardState: undefined, entries: [] });
    await log.append(batch(2));
    expect(order).toEqual(["batch", "nothing"]);
  });

  test("writes a deferred hard state with the next batch", async () => {
    const files = newFiles();
    const { log } = await open(files);
    log.defer({ term: 1, votedFor: 3, commit: 7 });
    await log.append({ hardState: undefined, entries: [entry(1)] });
    await log.close();
    expect((await open(files)).recovered.hardState).toEqual({ term: 1, votedFor: 3, commit: 7 });
  });

  test("continues over segments and restarts", async () => {
    const files = newFiles();
    for (let index = 1; index <= 30; index += 1) await write(files, [batch(index)], SMALL);
    expect((await segments(files)).length).toBeGreaterThan(5);
    const { recovered } = await open(files);
    expect(recovered.entries.map((each) => each.index)).toEqual(
      Array.from({ length: 30 }, (_, position) => position + 1),
    );
  });

  test("refuses another member's log", async () => {
    const files = newFiles();
    await write(files, [batch(1)]);
    const error = await failure(open(files, { owner: "ch1/2" }));
    expect(error.code).toBe("log_foreign");
    expect(error.message).toContain("ch1/1");
  });

  test("refuses a segment of a later format", async () => {
    const files = newFiles();
    await write(files, [batch(1)]);
    const path = `${DIRECTORY}/${(await segments(files))[0]!}`;
    const bytes = files.contentOf(path);
    bytes[8] = 3;
    new DataView(bytes.buffer).setUint32(508, crc32c(bytes.subarray(0, 508)));
    files.overwrite(path, bytes);
    expect((await failure(open(files))).code).toBe("log_version");
  });

  test("refuses a segment of the first format", async () => {
    const files = newFiles();
    await write(files, [batch(1)]);
    const old = new Uint8Array(100);
    old.set(utf8("hdl-wal"));
    old[7] = 1;
    new DataView(old.buffer).setUint32(28, crc32c(old.subarray(0, 28)));
    files.overwrite(`${DIRECTORY}/${(await segments(files))[0]!}`, old);
    expect((await failure(open(files))).code).toBe("log_version");
  });

  test("has a frame that is larger than a segment in a segment of its own", async () => {
    const files = newFiles();
    const large: Entry = { type: "normal", index: 2, term: 1, data: new Uint8Array(9_000).fill(7) };
    const { log } = await open(files, { segmentBytes: SMALL });
    await log.append(batch(1));
    await log.append({ hardState: undefined, entries: [large] });
    await log.append(batch(3));
    await log.close();
    expect(await segments(files)).toHaveLength(3);
    expect((await open(files)).recovered.entries).toEqual([entry(1), large, entry(3)]);
  });

  test("takes a segment's room when it makes it", async () => {
    const files = newFiles();
    const { log } = await open(files);
    const path = `${DIRECTORY}/${(await segments(files))[0]!}`;
    const before = files.contentOf(path).length;
    for (let index = 1; index <= 20; index += 1) await log.append(batch(index));
    expect([before, files.contentOf(path).length]).toEqual([SEGMENT, SEGMENT]);
  });
});

/** Bytes of a log with three frames in one segment; the last one begins at `last` and ends at `end`. */
async function threeFrames(): Promise<{
  files: SimulatedFiles;
  path: string;
  last: number;
  end: number;
}> {
  const files = newFiles();
  await write(files, [batch(1), batch(2)]);
  const large: Entry = { type: "normal", index: 3, term: 1, data: new Uint8Array(1_200) };
  await write(files, [{ hardState: undefined, entries: [large] }]);
  const last = 3 * SECTOR;
  return { files, path: `${DIRECTORY}/${segmentName(0)}`, last, end: last + 3 * SECTOR };
}

describe("a torn end", () => {
  test("with any sectors unwritten is cut off, and what was flushed before stays", async () => {
    const { files, path, last } = await threeFrames();
    const whole = files.contentOf(path);
    // Every set of the three sectors but all of them. An entry of zeros is not taken for unwritten.
    for (let kept = 0; kept < 7; kept += 1) {
      const torn = whole.slice();
      for (let sector = 0; sector < 3; sector += 1) {
        const start = last + sector * SECTOR;
        if ((kept & (1 << sector)) === 0) torn.fill(0, start, start + SECTOR);
      }
      files.overwrite(path, torn);
      const { log, recovered } = await open(files);
      expect(recovered.entries).toHaveLength(2);
      expect(recovered.tornBytes > 0).toBe(kept > 0);
      await log.append(batch(3, 9));
      await log.close();
      const again = await open(files);
      expect(again.recovered.entries.at(-1)).toEqual(entry(3, 9));
      expect(again.recovered.tornBytes).toBe(0);
      await again.log.close();
    }
  });

  test("beyond a segment's room is cut off wherever the file ends", async () => {
    const files = newFiles();
    const data = new Uint8Array(4_000).fill(1);
    const large: Entry = { type: "normal", index: 1, term: 1, data };
    await write(files, [{ hardState: undefined, entries: [large] }], SMALL);
    const path = `${DIRECTORY}/${segmentName(0)}`;
    const whole = files.contentOf(path);
    for (let length = SMALL; length < whole.length; length += SECTOR) {
      files.overwrite(path, whole.subarray(0, length));
      const { log, recovered } = await open(files, { segmentBytes: SMALL });
      expect([recovered.entries, recovered.tornBytes]).toEqual([[], length - SECTOR]);
      await log.close();
    }
  });

  test("of a segment that was being made is made again", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3)], SMALL);
    const path = `${DIRECTORY}/${segmentName(2)}`;
    for (const left of [0, 1, SECTOR, SMALL]) {
      const { log } = await open(files, { segmentBytes: SMALL });
      await log.close();
      if (!(await files.exists(path))) await (await files.open(path, { create: true })).close();
      files.overwrite(path, new Uint8Array(left));
      const again = await open(files, { segmentBytes: SMALL });
      expect(again.recovered.entries).toHaveLength(3);
      await again.log.append(batch(4, 8));
      await again.log.close();
      const third = await open(files, { segmentBytes: SMALL });
      expect(third.recovered.entries.at(-1)?.term).toBe(8);
      await third.log.close();
    }
  });
});

describe("damage", () => {
  test("of any bit of any segment is reported with its file and a cure, and nothing is changed", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3)], SMALL);
    const { log } = await open(files, { segmentBytes: SMALL });
    await log.takeSnapshot(snapshot(2));
    await log.close();
    const names = await segments(files);
    expect(names).toHaveLength(2);
    let flips = 0;
    for (const name of names) {
      const path = `${DIRECTORY}/${name}`;
      const whole = files.contentOf(path);
      const spoiled = whole.slice();
      for (let bit = 0; bit < 8 * whole.length; bit += 1) {
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        files.overwrite(path, spoiled);
        const error = await open(files).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const isReported =
          error instanceof ReplicaError &&
          ["log_corrupt", "log_version"].includes(error.code) &&
          error.message.includes(name);
        if (!isReported) throw new Error(`bit ${bit} of ${name} is not reported`, { cause: error });
        if (!equalBytes(files.contentOf(path), spoiled)) throw new Error(`${name} was changed`);
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        flips += 1;
      }
      files.overwrite(path, whole);
    }
    expect(flips).toBe(2 * 8 * SMALL);
    expect((await open(files)).recovered.entries).toHaveLength(1);
  });

  test("of a whole sector before the last frame is reported", async () => {
    const { files, path, last } = await threeFrames();
    const whole = files.contentOf(path);
    for (let start = 0; start < last; start += SECTOR) {
      const spoiled = whole.slice();
      spoiled.fill(0, start, start + SECTOR);
      files.overwrite(path, spoiled);
      expect((await failure(open(files))).code).toBe("log_corrupt");
    }
  });

  test("by a missing segment is reported", async () => {
    const files = newFiles();
    const batches = [1, 2, 3, 4, 5, 6].map((index) => batch(index));
    await write(files, batches, SMALL);
    const names = await segments(files);
    expect(names).toHaveLength(3);
    for (const name of names.slice(0, 2)) {
      const path = `${DIRECTORY}/${name}`;
      const whole = files.contentOf(path);
      await files.remove(path);
      expect((await failure(open(files))).code).toBe("log_corrupt");
      await (await files.open(path, { create: true })).close();
      files.overwrite(path, whole);
    }
  });

  test("by a write to another place, segment or log is reported", async () => {
    const { files, path, last, end } = await threeFrames();
    const whole = files.contentOf(path);
    const frame = whole.slice(last, end);
    const misplaced = whole.slice();
    misplaced.set(frame, end);
    files.overwrite(path, misplaced);
    expect((await failure(open(files))).code).toBe("log_corrupt");
    const others = newFiles();
    const { log } = await open(others, { owner: "ch2/1" });
    await log.append(batch(1));
    await log.close();
    const foreign = whole.slice();
    foreign.set(others.contentOf(path).subarray(SECTOR, 2 * SECTOR), SECTOR);
    files.overwrite(path, foreign);
    expect((await failure(open(files))).code).toBe("log_corrupt");
  });
});

describe("a snapshot", () => {
  test("of this member's own state leaves the entries after it", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3)]);
    const { log } = await open(files);
    await log.takeSnapshot(snapshot(2));
    await log.append(batch(4));
    await log.close();
    const { recovered } = await open(files);
    expect(recovered.snapshot).toEqual(snapshot(2));
    expect(recovered.entries).toEqual([entry(3), entry(4)]);
  });

  test("from the leader replaces the whole log", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3)]);
    const { log } = await open(files);
    const hardState = { term: 7, votedFor: undefined, commit: 2 };
    await log.append({ hardState, installSnapshot: snapshot(2), entries: [] });
    await log.close();
    const { recovered } = await open(files);
    expect(recovered).toMatchObject({ hardState, snapshot: snapshot(2), entries: [] });
  });

  test("lets the segments go that it covers, and no others", async () => {
    const files = newFiles();
    const { log } = await open(files, { segmentBytes: SMALL });
    for (let index = 1; index <= 9; index += 1) await log.append(batch(index));
    await log.removeUpTo(9);
    expect(await segments(files)).toHaveLength(5);
    await log.takeSnapshot(snapshot(6));
    await log.removeUpTo(6);
    expect(await segments(files)).toEqual([segmentName(3), segmentName(4)]);
    await log.close();
    const { recovered } = await open(files);
    expect(recovered.entries).toEqual([entry(7), entry(8), entry(9)]);
    expect(recovered.hardState).toEqual({ term: 1, votedFor: 2, commit: 8 });
  });

  test("keeps the newest hard state when the segment that held it goes", async () => {
    const files = newFiles();
    const { log } = await open(files, { segmentBytes: SMALL });
    await log.append(batch(1));
    const hardState = { term: 9, votedFor: 3, commit: 1 };
    await log.append({ hardState, entries: [] });
    await log.takeSnapshot(snapshot(1));
    await log.removeUpTo(1);
    await log.close();
    expect(await segments(files)).toEqual([segmentName(1)]);
    expect((await open(files)).recovered).toMatchObject({ hardState, snapshot: snapshot(1) });
  });

  test("of a log whose suffix was replaced before its beginning was removed is read", async () => {
    const files = newFiles();
    const { log } = await open(files, { segmentBytes: SMALL });
    for (const [index, term] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [2, 2],
      [3, 2],
    ] as const) {
      await log.append(batch(index, term));
    }
    await log.takeSnapshot(snapshot(3));
    await log.removeUpTo(3);
    await log.append(batch(4, 2));
    await log.close();
    expect((await open(files)).recovered.entries).toEqual([entry(4, 2)]);
  });
});

describe("a full disk", () => {
  test("makes batches wait until there is room, and tears nothing", async () => {
    const files = newFiles();
    const { log } = await open(files, { segmentBytes: SMALL });
    files.capacityBytes = 2 * SMALL - 1;
    await log.append(batch(1));
    await log.append(batch(2));
    let isDone = false;
    const third = Promise.all([log.append(batch(3)), log.append(batch(4))]).then(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 20; turn += 1) {
      await settled();
      log.retry();
    }
    expect([log.isFull, isDone]).toEqual([true, false]);
    const twin = newFiles();
    await twin.makeDirectory(DIRECTORY);
    for (const name of await segments(files)) {
      await (await twin.open(`${DIRECTORY}/${name}`, { create: true })).close();
      twin.overwrite(`${DIRECTORY}/${name}`, files.contentOf(`${DIRECTORY}/${name}`));
    }
    expect((await open(twin)).recovered.entries).toHaveLength(2);
    files.capacityBytes = 10 * SMALL;
    log.retry();
    await third;
    expect(log.isFull).toBe(false);
    await log.close();
    expect((await open(files)).recovered.entries).toHaveLength(4);
  });

  test("in the middle of a frame is borne, and closing does not wait for room", async () => {
    const files = newFiles();
    const { log } = await open(files);
    files.faults.fail("write", 1, "ENOSPC");
    const first = log.append(batch(1));
    await settled();
    expect(log.isFull).toBe(true);
    log.retry();
    await first;
    files.faults.fail("write", 1, "ENOSPC");
    const second = failure(log.append(batch(2)));
    await settled();
    await log.close();
    expect((await second).code).toBe("log_failed");
    expect((await open(files)).recovered.entries).toHaveLength(1);
  });

  test("at a flush is fatal: what was written is unknown", async () => {
    const files = newFiles();
    const { log } = await open(files);
    files.faults.fail("sync", 1, "ENOSPC");
    expect((await failure(log.append(batch(1)))).code).toBe("log_failed");
  });
});

describe("a failing disk", () => {
  test.each(["write", "sync"] as const)("kills the log at a failed %s", async (step) => {
    const files = newFiles();
    const { log } = await open(files);
    await log.append(batch(1));
    files.faults.fail(step, 1, "EIO");
    const results = await Promise.all([
      failure(log.append(batch(2))),
      failure(log.append(batch(3))),
    ]);
    expect(results.map((error) => error.code)).toEqual(["log_failed", "log_failed"]);
    expect((await failure(log.append(batch(4)))).code).toBe("log_failed");
    await log.close();
    files.powerLoss();
    const { recovered } = await open(files);
    expect(recovered.entries.map((each) => each.index)).toEqual([1]);
  });

  test("whose failed flush left a frame readable does not have it believed before it is durable", async () => {
    const files = newFiles();
    const { log } = await open(files);
    files.faults.fail("sync", 1, "EIO");
    await failure(log.append(batch(1)));
    await log.close();
    const again = await open(files);
    expect(again.recovered.entries).toHaveLength(1);
    files.powerLoss();
    expect((await open(files)).recovered.entries).toHaveLength(1);
  });
});

describe("a crash", () => {
  test("at any step keeps every acknowledged batch and nothing but a prefix of the rest", async () => {
    let crashes = 0;
    for (let seed = 1; seed <= 8; seed += 1) {
      for (let step = 1; !(await crashAt(seed, step)); step += 1) crashes += 1;
    }
    expect(crashes).toBeGreaterThan(8 * 80);
  });
});

/** Appends, snapshots from both sides, and removals, until the power goes at the `step`-th change of the disk. */
async function crashAt(seed: number, step: number): Promise<boolean> {
  const files = newFiles(seed * 1000 + step);
  files.faults.crashAfter(step);
  const acknowledged = { index: 0, snapshot: 0, term: 0 };
  const offered = { index: 0, snapshot: 0 };
  let isOver = false;
  try {
    const { log } = await open(files, { segmentBytes: SMALL });
    for (let round = 1; round <= 6; round += 1) {
      const group = [1, 2, 3].map((each) => batch(offered.index + each, round));
      offered.index += 3;
      await Promise.all(group.map((each) => log.append(each)));
      Object.assign(acknowledged, { index: offered.index, term: round });
      if (round % 3 === 0) {
        offered.index += 2;
        offered.snapshot = offered.index;
        const hardState = { term: round, votedFor: undefined, commit: offered.index };
        const installSnapshot = snapshot(offered.index, round);
        await log.append({ hardState, installSnapshot, entries: [] });
        acknowledged.index = offered.index;
      } else {
        offered.snapshot = offered.index - 1;
        await log.takeSnapshot(snapshot(offered.snapshot, round));
      }
      acknowledged.snapshot = offered.snapshot;
      await log.removeUpTo(offered.snapshot);
    }
    await log.close();
    isOver = true;
  } catch (error) {
    expect(files.faults.isCrashed || error instanceof ReplicaError).toBe(true);
  }
  files.powerLoss();
  const { log, recovered } = await open(files, { segmentBytes: SMALL });
  const snapshotIndex = recovered.snapshot?.index ?? 0;
  const indexes = recovered.entries.map((each) => each.index);
  const last = indexes.at(-1) ?? snapshotIndex;
  expect(indexes).toEqual(Array.from(indexes, (_, position) => snapshotIndex + position + 1));
  expect(last).toBeGreaterThanOrEqual(acknowledged.index);
  expect(last).toBeLessThanOrEqual(offered.index);
  expect(snapshotIndex).toBeGreaterThanOrEqual(acknowledged.snapshot);
  expect(snapshotIndex).toBeLessThanOrEqual(offered.snapshot);
  expect(recovered.hardState?.term ?? 0).toBeGreaterThanOrEqual(acknowledged.term);
  await log.append(batch(last + 1, 99));
  await log.close();
  expect((await open(files)).recovered.entries.at(-1)).toEqual(entry(last + 1, 99));
  return isOver;
}

function snapshot(index: number, term = 1): Snapshot {
  const configuration = {
    voters: [1, 2, 3],
    votersOutgoing: [],
    learners: [4],
    learnersNext: [],
    autoLeave: false,
  };
  return { index, term, configuration, data: utf8(`block of entry ${index}`) };
}

/** Lets everything that needs no further event come to rest. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}
