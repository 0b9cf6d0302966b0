import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import {
  ReplicaError,
  WriteAheadLog,
  type LogBatch,
  type RecoveredLog,
} from "../../../../cluster/replica/index.ts";
import type { Entry } from "../../../../cluster/raft/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../sim/ports/simulated-files.ts";

const DIRECTORY = "/wal";
const OWNER = "ch1/1";

function newFiles(seed = 1): SimulatedFiles {
  return new SimulatedFiles({ random: new SeededRandom(seed) });
}

function open(
  files: SimulatedFiles,
  options: { segmentBytesMax?: number; owner?: string } = {},
): Promise<{ log: WriteAheadLog; recovered: RecoveredLog }> {
  return WriteAheadLog.open(
    { files, logger: silentLogger },
    { directory: DIRECTORY, owner: OWNER, ...options },
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
  segmentBytesMax?: number,
) {
  const { log } = await open(files, segmentBytesMax === undefined ? {} : { segmentBytesMax });
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
    for (let index = 1; index <= 30; index += 1) await write(files, [batch(index)], 300);
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
    bytes[7] = 2;
    const { crc32c } = await import("../../../../src/kernel/crc32c.ts");
    new DataView(bytes.buffer).setUint32(28, crc32c(bytes.subarray(0, 28)));
    files.overwrite(path, bytes);
    expect((await failure(open(files))).code).toBe("log_version");
  });
});

describe("a torn end", () => {
  test("at every byte is cut off, and what was flushed before stays", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2)]);
    const path = `${DIRECTORY}/${(await segments(files))[0]!}`;
    const flushed = files.contentOf(path);
    await write(files, [batch(3)]);
    const whole = files.contentOf(path);
    expect(whole.length).toBeGreaterThan(flushed.length + 20);
    for (let length = flushed.length; length < whole.length; length += 1) {
      files.overwrite(path, whole.subarray(0, length));
      const { log, recovered } = await open(files);
      expect(recovered.entries).toHaveLength(2);
      expect(recovered.tornBytes).toBe(length - flushed.length);
      await log.append(batch(3, 9));
      await log.close();
      const again = await open(files);
      expect(again.recovered.entries.at(-1)).toEqual(entry(3, 9));
      expect(again.recovered.tornBytes).toBe(0);
      await again.log.close();
    }
  });

  test("with any one byte of the last frame missing or zero is cut off", async () => {
    const files = newFiles();
    await write(files, [batch(1)]);
    const path = `${DIRECTORY}/${(await segments(files))[0]!}`;
    const start = files.contentOf(path).length;
    await write(files, [batch(2)]);
    const whole = files.contentOf(path);
    for (let offset = start; offset < whole.length; offset += 1) {
      const spoiled = whole.slice();
      spoiled[offset] = (spoiled[offset] ?? 0) ^ 0x40;
      files.overwrite(path, spoiled);
      const { log, recovered } = await open(files);
      expect(recovered.entries).toHaveLength(1);
      await log.close();
    }
  });

  test("of a segment that was being made is made again", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3), batch(4)], 100);
    const names = await segments(files);
    const path = `${DIRECTORY}/${names.at(-1)!}`;
    const head = files.contentOf(path).subarray(0, 32);
    for (let length = 0; length <= head.length; length += 1) {
      files.overwrite(path, head.subarray(0, length));
      const { log, recovered } = await open(files, { segmentBytesMax: 100 });
      expect(recovered.entries.length).toBe(names.length - 1);
      await log.append(batch(recovered.entries.length + 1, 8));
      await log.close();
      const again = await open(files);
      expect(again.recovered.entries.at(-1)?.term).toBe(8);
      await again.log.close();
    }
  });
});

describe("damage before the end", () => {
  test("of any byte is reported with its file and a cure, and nothing is changed", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3), batch(4), batch(5)], 150);
    const names = await segments(files);
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const [position, name] of names.entries()) {
      const path = `${DIRECTORY}/${name}`;
      const whole = files.contentOf(path);
      const isLast = position === names.length - 1;
      // Of the last segment, the frames that another frame follows.
      const end = isLast ? lastFrameOffset(whole) : whole.length;
      for (let offset = 0; offset < end; offset += 1) {
        const spoiled = whole.slice();
        spoiled[offset] = (spoiled[offset] ?? 0) ^ 0x01;
        files.overwrite(path, spoiled);
        const error = await failure(open(files));
        expect(["log_corrupt", "log_version"]).toContain(error.code);
        expect(error.message).toMatch(new RegExp(`${name}.*offset \\d+.*backup|version`));
        expect(files.contentOf(path)).toEqual(spoiled);
      }
      files.overwrite(path, whole);
    }
    expect((await open(files)).recovered.entries).toHaveLength(5);
  });

  test("a missing segment is reported", async () => {
    const files = newFiles();
    await write(files, [batch(1), batch(2), batch(3), batch(4)], 100);
    const names = await segments(files);
    await files.remove(`${DIRECTORY}/${names[1]!}`);
    expect((await failure(open(files))).code).toBe("log_corrupt");
  });

  test("a frame in another place is not believed", async () => {
    const files = newFiles();
    await write(files, [batch(1)]);
    const path = `${DIRECTORY}/${(await segments(files))[0]!}`;
    const start = files.contentOf(path).length;
    await write(files, [batch(2)]);
    const whole = files.contentOf(path);
    const misplaced = new Uint8Array(whole.length + 1);
    misplaced.set(whole.subarray(0, start));
    misplaced.set(whole.subarray(start), start + 1);
    files.overwrite(path, misplaced);
    expect((await open(files)).recovered.entries).toHaveLength(1);
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
});

describe("a crash", () => {
  test("at any step keeps every acknowledged batch and nothing but a prefix of the rest", async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      for (let step = 1; step <= 40; step += 1) await crashAt(seed, step);
    }
  });
});

async function crashAt(seed: number, step: number): Promise<void> {
  const files = newFiles(seed * 1000 + step);
  files.faults.crashAfter(step);
  let acknowledged = 0;
  let offered = 0;
  try {
    const { log } = await open(files, { segmentBytesMax: 250 });
    while (offered < 30) {
      const group = [batch(offered + 1), batch(offered + 2), batch(offered + 3)];
      offered += 3;
      await Promise.all(group.map((each) => log.append(each)));
      acknowledged += 3;
    }
  } catch {
    // The power went.
  }
  files.powerLoss();
  const { recovered } = await open(files, { segmentBytesMax: 250 });
  const indexes = recovered.entries.map((each) => each.index);
  expect(indexes).toEqual(Array.from(indexes, (_, position) => position + 1));
  expect(indexes.length).toBeGreaterThanOrEqual(acknowledged);
  expect(indexes.length).toBeLessThanOrEqual(offered);
}

/** Frames follow a head of 32 bytes and have one of 24, which begins with the length of the rest. */
function lastFrameOffset(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last = 32;
  for (let offset = 32; offset < bytes.length; offset += 24 + view.getUint32(offset)) last = offset;
  return last;
}
