import { describe, expect, test } from "vitest";
import type { Files } from "../../../src/kernel/ports/files.ts";
import { silentLogger, type LogFields, type Logger } from "../../../src/kernel/ports/logger.ts";
import { BlockStore, LedgerError, type BlockStoreOptions } from "../../../src/ledger/index.ts";
import { Block, blockHeaderHash, encode } from "../../../src/wire/index.ts";
import { SeededRandom } from "../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { chain } from "./block-builder.ts";

const DIRECTORY = "/ledger/ch";
const FIRST_FILE = `${DIRECTORY}/blocks-000000.heddle`;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 20;

/** Where the record of each block begins in the first file, and where the last one ends. */
function offsetsOf(blocks: readonly Block[]): readonly number[] {
  const offsets = [FILE_HEADER_BYTES];
  for (const block of blocks) {
    offsets.push(offsets.at(-1)! + RECORD_HEADER_BYTES + encode(Block, block).length);
  }
  return offsets;
}

function disk(seed = 1, capacityBytes = Number.MAX_SAFE_INTEGER): SimulatedFiles {
  return new SimulatedFiles({ random: new SeededRandom(seed), capacityBytes });
}

function open(
  files: SimulatedFiles,
  options: Partial<Pick<BlockStoreOptions, "fileBytesMax" | "logger" | "timers">> = {},
): Promise<BlockStore> {
  const timers = new SimulatedTime();
  return BlockStore.open({ files, timers, directory: DIRECTORY, logger: silentLogger, ...options });
}

async function storeOf(files: SimulatedFiles, blocks: readonly Block[], fileBytesMax?: number) {
  const store = await open(files, fileBytesMax === undefined ? {} : { fileBytesMax });
  for (const block of blocks) await store.append(block);
  return store;
}

function warningLog(): { readonly logger: Logger; readonly warnings: readonly LogFields[] } {
  const warnings: LogFields[] = [];
  const warn = (_: string, fields: LogFields = {}): void => {
    warnings.push(fields);
  };
  return { logger: { ...silentLogger, warn }, warnings };
}

describe("a block store", () => {
  test.each([
    [
      "dies before the flush",
      (files: SimulatedFiles) => {
        files.faults.crashAfter(2);
      },
    ],
    [
      "has seen the flush fail",
      (files: SimulatedFiles) => {
        files.faults.fail("sync", 1, "EIO");
      },
    ],
  ])("does not show a block of a process that %s before it is durable", async (_, spoil) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const files = disk(seed);
      const blocks = chain(4, 3_000);
      const store = await storeOf(files, blocks.slice(0, 2));
      spoil(files);
      await expect(store.append(blocks[2]!)).rejects.toBeDefined();
      // The process alone is gone: what it wrote is still to be read.
      files.faults.restart();
      const again = await open(files);
      const { height } = again;
      files.powerLoss();
      const last = await open(files);
      expect(last.height).toBe(height);
      for (const block of blocks.slice(height)) await last.append(block);
      files.powerLoss();
      expect((await open(files)).height).toBe(4);
    }
  });

  test("is empty at first", async () => {
    const store = await open(disk());
    expect(store.height).toBe(0);
    expect(store.lastHash).toBeUndefined();
    expect(await store.read(0)).toBeUndefined();
    await store.close();
  });

  test("gives back what was appended, from memory and from disk, over many files", async () => {
    const files = disk();
    const blocks = chain(60, 300);
    const store = await storeOf(files, blocks, 1_000);
    expect(store.height).toBe(60);
    expect(store.lastHash).toEqual(blockHeaderHash(blocks[59]!.header!));
    for (const block of blocks) expect(await store.read(block.header!.number)).toEqual(block);
    await store.close();
    const again = await open(files, { fileBytesMax: 1_000 });
    expect(again.height).toBe(60);
    expect(again.lastHash).toEqual(blockHeaderHash(blocks[59]!.header!));
    for (const block of [...blocks].reverse()) {
      expect(await again.readBytes(block.header!.number)).toEqual(encode(Block, block));
    }
    expect(await again.read(60)).toBeUndefined();
    await again.close();
  });

  test("gives blocks in a row, as many as fit and lie in one file, and at least one", async () => {
    const files = disk();
    const blocks = chain(60, 300);
    const store = await storeOf(files, blocks, 4_000);
    const bytes = encode(Block, blocks[59]!).length + RECORD_HEADER_BYTES;
    expect(await store.readUpTo(59, 1)).toEqual([blocks[59]]);
    for (let last = 59, runs = 0; last >= 0; runs += 1) {
      const run = await store.readUpTo(last, 3 * bytes);
      expect(run).toEqual(blocks.slice(last + 1 - run.length, last + 1));
      expect(run.length).toBeGreaterThan(0);
      expect(run.length).toBeLessThanOrEqual(3);
      expect(runs).toBeLessThan(40);
      last -= run.length;
    }
    const spoiled = files.contentOf(FIRST_FILE);
    spoiled[100]! ^= 1;
    files.overwrite(FIRST_FILE, spoiled);
    await expect(store.readUpTo(1, 4_000)).rejects.toMatchObject({ code: "corrupt" });
    await store.close();
  });

  test("refuses a block out of order or off the chain, and takes the right one afterwards", async () => {
    const blocks = chain(3);
    const store = await storeOf(disk(), blocks.slice(0, 1));
    await expect(store.append(blocks[2]!)).rejects.toMatchObject({ code: "wrong-number" });
    const other = chain(2, 50)[1]!;
    await expect(store.append(other)).rejects.toMatchObject({ code: "wrong-previous-hash" });
    await expect(store.append(Block.fromPartial({}))).rejects.toMatchObject({
      code: "wrong-number",
    });
    await store.append(blocks[1]!);
    expect(store.height).toBe(2);
    await store.close();
  });

  test("flushes blocks that are appended together once", async () => {
    const files = disk();
    const blocks = chain(21);
    const store = await storeOf(files, blocks.slice(0, 1));
    const before = files.faults.stepCount;
    await Promise.all(blocks.slice(1).map((block) => store.append(block)));
    expect(files.faults.stepCount - before).toBe(2);
    expect(store.height).toBe(21);
    await store.close();
  });

  test("tells of a height only when the block is durable", async () => {
    const files = disk();
    const store = await open(files);
    const heights: number[] = [];
    store.subscribe((height) => heights.push(height));
    const reached = store.waitForHeight(1, new AbortController().signal);
    const [first] = chain(1);
    const appended = store.append(first!);
    expect(store.height).toBe(0);
    await appended;
    expect(await reached).toBe(true);
    expect(heights).toEqual([1]);
    await store.close();
  });

  test("ends waiting with false when aborted or closed", async () => {
    const store = await open(disk());
    const abort = new AbortController();
    const aborted = store.waitForHeight(1, abort.signal);
    const closed = store.waitForHeight(1, new AbortController().signal);
    abort.abort();
    expect(await aborted).toBe(false);
    await store.close();
    expect(await closed).toBe(false);
  });

  test("reads the last file only when it opens", async () => {
    const files = disk();
    await (await storeOf(files, chain(200, 300), 1_000)).close();
    let opened = 0;
    const counting: Files = {
      makeDirectory: (path) => files.makeDirectory(path),
      list: (path) => files.list(path),
      exists: (path) => files.exists(path),
      open: (path, options) => {
        opened += 1;
        return files.open(path, options);
      },
      rename: (from, to) => files.rename(from, to),
      remove: (path) => files.remove(path),
      removeDirectory: (path) => files.removeDirectory(path),
      syncDirectory: (path) => files.syncDirectory(path),
      freeBytes: () => files.freeBytes(),
    };
    const store = await BlockStore.open({
      files: counting,
      timers: new SimulatedTime(),
      directory: DIRECTORY,
      logger: silentLogger,
      fileBytesMax: 1_000,
    });
    expect(opened).toBe(1);
    expect(store.height).toBe(200);
    await store.close();
  });
});

describe("after a crash", () => {
  test("a record cut at any byte is cut off, reported, and can be written again", async () => {
    const files = disk();
    const blocks = chain(3);
    await (await storeOf(files, blocks)).close();
    const whole = files.contentOf(FIRST_FILE);
    const offset = offsetsOf(blocks)[2]!;
    expect(offsetsOf(blocks)[3]).toBe(whole.length);
    for (let size = offset + 1; size < whole.length; size += 1) {
      files.overwrite(FIRST_FILE, whole.subarray(0, size));
      const { logger, warnings } = warningLog();
      const store = await open(files, { logger });
      expect(store.height).toBe(2);
      expect(warnings).toEqual([{ file: FIRST_FILE, offset, bytes: size - offset, block: 2 }]);
      await store.append(blocks[2]!);
      expect(files.contentOf(FIRST_FILE)).toEqual(whole);
      await store.close();
    }
  });

  test("blocks of one flush may be lost in any order: they are cut off together", async () => {
    const files = disk();
    const blocks = chain(5);
    const store = await storeOf(files, blocks.slice(0, 2));
    const durable = files.contentOf(FIRST_FILE).length;
    await Promise.all(blocks.slice(2).map((block) => store.append(block)));
    await store.close();
    const torn = files.contentOf(FIRST_FILE);
    torn.fill(0, durable, durable + 60);
    files.overwrite(FIRST_FILE, torn);
    const again = await open(files);
    expect(again.height).toBe(2);
    await again.close();
  });

  test("at any step, with any fate of what was not flushed, all that was acknowledged is there", async () => {
    const blocks = chain(8, 400);
    for (let seed = 1; seed <= 3; seed += 1) {
      for (let step = 1; step < 200; step += 1) {
        const files = disk(seed * 1_000 + step);
        files.faults.crashAfter(step);
        let acknowledged = 0;
        try {
          const store = await open(files, { fileBytesMax: 1_000 });
          for (const block of blocks) {
            await store.append(block);
            acknowledged += 1;
          }
          await store.close();
        } catch {
          expect(files.faults.isCrashed).toBe(true);
        }
        const isDone = !files.faults.isCrashed;
        files.powerLoss();
        const store = await open(files, { fileBytesMax: 1_000 });
        expect(store.height).toBeGreaterThanOrEqual(acknowledged);
        for (const block of blocks.slice(store.height)) await store.append(block);
        for (const block of blocks) expect(await store.read(block.header!.number)).toEqual(block);
        await store.close();
        if (isDone) break;
      }
    }
  });
});

describe("damage", () => {
  test("to any byte that was flushed is reported with file, offset and block, and never skipped", async () => {
    const files = disk();
    const blocks = chain(4, 60);
    await (await storeOf(files, blocks)).close();
    const whole = files.contentOf(FIRST_FILE);
    const offsets = offsetsOf(blocks);
    // The last record has no later flush behind it: there, damage looks like a torn write.
    for (let index = 0; index < offsets[3]!; index += 1) {
      const spoilt = whole.slice();
      spoilt[index]! ^= 0x40;
      files.overwrite(FIRST_FILE, spoilt);
      const block = offsets.findLastIndex((offset) => offset <= index);
      const data =
        index < FILE_HEADER_BYTES
          ? { file: FIRST_FILE, offset: 0 }
          : { file: FIRST_FILE, block, offset: offsets[block] };
      await expect(open(files)).rejects.toMatchObject({ code: "corrupt", data });
    }
  });

  test("to a sealed file is found when the block is read", async () => {
    const files = disk();
    const blocks = chain(30, 300);
    await (await storeOf(files, blocks, 1_000)).close();
    const spoilt = files.contentOf(FIRST_FILE);
    spoilt[FILE_HEADER_BYTES + 50]! ^= 1;
    files.overwrite(FIRST_FILE, spoilt);
    const store = await open(files, { fileBytesMax: 1_000 });
    await expect(store.read(0)).rejects.toMatchObject({
      code: "corrupt",
      data: { file: FIRST_FILE, offset: FILE_HEADER_BYTES, block: 0 },
    });
    expect(await store.read(1)).toEqual(blocks[1]);
    await store.close();
  });

  test("to an index is repaired from the file, and to both is reported", async () => {
    const files = disk();
    const blocks = chain(30, 300);
    await (await storeOf(files, blocks, 1_000)).close();
    const path = `${DIRECTORY}/blocks-000000.index`;
    const whole = files.contentOf(path);
    for (let byte = 0; byte < whole.length; byte += 1) {
      const spoilt = whole.slice();
      spoilt[byte]! ^= 0x10;
      files.overwrite(path, spoilt);
      const store = await open(files, { fileBytesMax: 1_000 });
      expect(await store.read(1)).toEqual(blocks[1]);
      await store.close();
    }
    await files.remove(path);
    const file = files.contentOf(FIRST_FILE);
    file[FILE_HEADER_BYTES + 4]! ^= 1;
    files.overwrite(FIRST_FILE, file);
    const store = await open(files, { fileBytesMax: 1_000 });
    await expect(store.read(1)).rejects.toMatchObject({ code: "corrupt" });
    await store.close();
  });

  test("a record in the place of another is found, though it is whole", async () => {
    const files = disk();
    const blocks = chain(4, 60);
    await (await storeOf(files, blocks)).close();
    const whole = files.contentOf(FIRST_FILE);
    const offsets = offsetsOf(blocks);
    whole.copyWithin(offsets[1]!, offsets[2]!, offsets[3]);
    files.overwrite(FIRST_FILE, whole);
    await expect(open(files)).rejects.toMatchObject({ code: "corrupt" });
  });

  test("a file that is missing is named", async () => {
    const files = disk();
    await (await storeOf(files, chain(30, 300), 1_000)).close();
    await files.remove(`${DIRECTORY}/blocks-000003.heddle`);
    await expect(open(files)).rejects.toThrow(/blocks-000003\.heddle is missing/);
  });

  test("a format of another version is refused by name", async () => {
    const files = disk();
    await (await storeOf(files, chain(1))).close();
    const { crc32c } = await import("../../../src/kernel/crc32c.ts");
    const bytes = files.contentOf(FIRST_FILE);
    bytes[7] = 9;
    new DataView(bytes.buffer).setUint32(20, crc32c(bytes.subarray(0, 20)), true);
    files.overwrite(FIRST_FILE, bytes);
    await expect(open(files)).rejects.toMatchObject({
      code: "unsupported-format",
      data: { version: 9 },
    });
  });
});

describe("a disk that refuses", () => {
  test.each(["write", "sync"] as const)(
    "a %s ends the store; what was resolved is there",
    async (step) => {
      const files = disk();
      const blocks = chain(4);
      const store = await storeOf(files, blocks.slice(0, 2));
      files.faults.fail(step, 1);
      const both = await Promise.allSettled([store.append(blocks[2]!), store.append(blocks[3]!)]);
      for (const result of both) {
        expect(result.status).toBe("rejected");
        expect((result as PromiseRejectedResult).reason).toBeInstanceOf(LedgerError);
        expect((result as PromiseRejectedResult).reason).toMatchObject({ code: "store-failed" });
      }
      await expect(store.append(blocks[2]!)).rejects.toMatchObject({ code: "store-failed" });
      expect(store.height).toBe(2);
      await store.close();
      files.powerLoss();
      const again = await open(files);
      expect(again.height).toBe(2);
      await again.close();
    },
  );
});

describe("on a full disk", () => {
  test("appends wait, what is stored can be read, and all goes on with space", async () => {
    const files = disk(1, 500);
    const time = new SimulatedTime();
    const [first, ...blocks] = chain(7, 100);
    const store = await open(files, { timers: time });
    await store.append(first!);
    let stored = 0;
    const appends = blocks.map((block) => store.append(block).then(() => (stored += 1)));
    await time.advance(3_500);
    expect(store.isFull).toBe(true);
    expect([stored, store.height]).toEqual([0, 1]);
    expect(await store.read(0)).toEqual(first);
    files.capacityBytes = Number.MAX_SAFE_INTEGER;
    await time.advance(1_000);
    await Promise.all(appends);
    expect([stored, store.isFull]).toEqual([6, false]);
    await store.close();
    const again = await open(files);
    expect(again.height).toBe(7);
    expect(await again.read(6)).toEqual(blocks[5]);
    await again.close();
  });

  test.each(["create", "write", "rename"] as const)(
    "any %s may find no space: nothing is lost, and nothing is written that a start would not take",
    async (step) => {
      const blocks = chain(12, 300);
      for (let nth = 1; ; nth += 1) {
        const files = disk(nth);
        const time = new SimulatedTime();
        const store = await open(files, { timers: time, fileBytesMax: 1_000 });
        const [first, ...later] = blocks;
        await store.append(first!);
        files.faults.fail(step, nth, "ENOSPC");
        let waited = false;
        for (const block of later) {
          const append = store.append(block);
          await time.advance(0);
          waited ||= store.isFull;
          if (store.isFull) {
            expect(await store.read(store.height - 1)).toEqual(blocks[store.height - 1]);
          }
          await time.advance(1_000);
          await append;
        }
        await store.close();
        files.powerLoss();
        const again = await open(files, { fileBytesMax: 1_000 });
        expect(again.height).toBe(12);
        for (const [number, block] of blocks.entries()) {
          expect(await again.read(number)).toEqual(block);
        }
        await again.close();
        if (!waited) {
          expect(nth).toBeGreaterThan(2);
          return;
        }
      }
    },
  );

  test("the power may go at any step: what was acknowledged is there", async () => {
    const blocks = chain(8, 300);
    for (let seed = 1; seed <= 40; seed += 1) {
      const files = disk(seed, 1_500);
      const time = new SimulatedTime();
      const store = await open(files, { timers: time, fileBytesMax: 1_000 });
      let stored = 0;
      files.faults.crashAfter(10 + seed);
      const appends = blocks.map((block) => store.append(block).then(() => (stored += 1)));
      const all = Promise.allSettled(appends);
      await time.advance(2_000);
      files.capacityBytes = Number.MAX_SAFE_INTEGER;
      await time.advance(2_000);
      files.faults.crashNow();
      store.giveUpOnSpace();
      await time.advance(1_000);
      await all;
      files.powerLoss();
      const again = await open(files, { fileBytesMax: 1_000 });
      expect(again.height).toBeGreaterThanOrEqual(stored);
      for (let number = 0; number < again.height; number += 1) {
        expect(await again.read(number)).toEqual(blocks[number]);
      }
      for (const block of blocks.slice(again.height)) await again.append(block);
      await again.close();
    }
  });

  test("the first block waits for nobody", async () => {
    const store = await open(disk(1, 100));
    await expect(store.append(chain(1, 500)[0]!)).rejects.toMatchObject({ code: "store-failed" });
    expect(store.isFull).toBe(false);
    await store.close();
  });

  test("a flush without space is a failed flush: nothing is written again", async () => {
    const files = disk();
    const store = await open(files);
    files.faults.fail("sync", 2, "ENOSPC");
    const [first, second] = chain(2, 100);
    await expect(store.append(first!)).rejects.toMatchObject({
      code: "store-failed",
      cause: { code: "ENOSPC" },
    });
    await expect(store.append(second!)).rejects.toMatchObject({ code: "store-failed" });
    expect(store.isFull).toBe(false);
    await store.close();
  });

  test("a store that is closed waits no longer", async () => {
    const files = disk(1, 1_000);
    const [first, second] = chain(2, 600);
    const store = await open(files);
    await store.append(first!);
    const append = expect(store.append(second!)).rejects.toMatchObject({
      code: "store-failed",
    });
    await expect.poll(() => store.isFull).toBe(true);
    await store.close();
    await append;
  });
});
