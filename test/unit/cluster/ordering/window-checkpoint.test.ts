import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { nextBlock, tipOf } from "../../../../cluster/ordering/core/block-assembly.ts";
import { OrderedWindow } from "../../../../cluster/ordering/core/ordered-window.ts";
import { transactionKey } from "../../../../cluster/ordering/core/transaction-key.ts";
import { WindowCheckpoint } from "../../../../cluster/ordering/window-checkpoint.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger, type Logger } from "../../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { blockDataHash, type Block } from "../../../../src/wire/index.ts";

const FILE = "/ch/ordered.window";
const GENESIS: Block = {
  header: { number: 0, previousHash: EMPTY_BYTES, dataHash: blockDataHash([utf8("genesis")]) },
  data: { data: [utf8("genesis")] },
  metadata: undefined,
};

/** A chain, and one process after another that remembers its newest transactions. */
class Rig {
  readonly files: SimulatedFiles;
  readonly chain: Block[] = [GENESIS];
  readonly warnings: string[] = [];
  readonly #countMax: number;
  readsFrom = 0;

  constructor(seed = 1, countMax = 7) {
    this.files = new SimulatedFiles({ random: new SeededRandom(seed) });
    this.#countMax = countMax;
  }

  checkpoint(): WindowCheckpoint {
    const logger: Logger = { ...silentLogger, warn: (text) => this.warnings.push(text) };
    const blocks = this.#blocks();
    return new WindowCheckpoint(
      { files: this.files, logger, blocks },
      { directory: "/ch", countMax: this.#countMax, everyBlocks: 3, everyTransactions: 8 },
    );
  }

  /** Adds a block of these transactions, and answers their keys. */
  add(transactions: readonly string[]): readonly string[] {
    const block = nextBlock(
      tipOf(this.chain.at(-1)!.header!),
      transactions.map((text) => utf8(text)),
    );
    this.chain.push(block);
    return keysOf(block);
  }

  /** What is remembered after the newest block, by the blocks alone. */
  truth(): OrderedWindow {
    const window = new OrderedWindow(this.#countMax);
    for (const block of this.chain.slice(1)) window.append(block.header!.number, keysOf(block));
    return window;
  }

  expectTruth(window: OrderedWindow): void {
    const truth = this.truth();
    expect([window.newest, window.count]).toEqual([truth.newest, truth.count]);
    for (const block of this.chain) {
      for (const key of keysOf(block)) expect(window.blockOf(key)).toBe(truth.blockOf(key));
    }
  }

  #blocks(): ConstructorParameters<typeof WindowCheckpoint>[0]["blocks"] {
    const { chain } = this;
    const read = (from: number, to: number): Block[] => {
      this.readsFrom = Math.min(this.readsFrom, from);
      return chain.slice(from, to + 1);
    };
    return {
      get height() {
        return chain.length;
      },
      read: (number) => Promise.resolve(chain[number]),
      readUpTo: (last) => Promise.resolve(read(Math.max(0, last - 1), last)),
    };
  }
}

function keysOf(block: Block): readonly string[] {
  return block.data!.data.map((bytes) => transactionKey(bytes));
}

async function play(checkpoint: WindowCheckpoint, rig: Rig, blocks: readonly string[][]) {
  const window = await checkpoint.restore();
  for (const transactions of blocks) {
    const keys = rig.add(transactions);
    window.append(rig.chain.length - 1, keys);
    checkpoint.noted(window, keys.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

// Few names, so that some stand in several blocks.
const NAMES = Array.from({ length: 16 }, (_, at) => `t${at}`);
const someBlocks = fc.array(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 }), {
  maxLength: 20,
});

describe("the window of ordered transactions on disk", () => {
  property.prop([fc.array(someBlocks, { maxLength: 4 }), fc.integer({ min: 1, max: 12 })])(
    "gives the answers that the blocks give, after any number of starts",
    async (lives, countMax) => {
      const rig = new Rig(1, countMax);
      await rig.files.makeDirectory("/ch");
      for (const blocks of lives) {
        const checkpoint = rig.checkpoint();
        await play(checkpoint, rig, blocks);
        await checkpoint.close();
        rig.expectTruth(await rig.checkpoint().restore());
      }
      expect(rig.warnings).toEqual([]);
    },
  );

  property.prop([someBlocks, someBlocks, fc.nat(40), fc.nat(1_000)])(
    "gives the same answers after a loss of power at any step",
    async (before, after, step, seed) => {
      const rig = new Rig(seed);
      await rig.files.makeDirectory("/ch");
      await play(rig.checkpoint(), rig, before);
      rig.files.faults.crashAfter(step + 1);
      const crashing = rig.checkpoint();
      await play(crashing, rig, after).catch(() => undefined);
      rig.files.faults.crashNow();
      await crashing.close();
      rig.files.powerLoss();
      rig.expectTruth(await rig.checkpoint().restore());
    },
  );

  test("spares the blocks before it", async () => {
    const rig = new Rig(1, 1_000);
    await rig.files.makeDirectory("/ch");
    const checkpoint = rig.checkpoint();
    await play(
      checkpoint,
      rig,
      Array.from({ length: 50 }, (_, at) => [`t${at}`]),
    );
    await checkpoint.close();
    rig.readsFrom = Infinity;
    rig.expectTruth(await rig.checkpoint().restore());
    expect(rig.readsFrom).toBeGreaterThan(40);
  });

  test("is written once by a start that had to do without it", async () => {
    const rig = new Rig(1, 1_000);
    await rig.files.makeDirectory("/ch");
    for (let at = 0; at < 30; at += 1) rig.add([`t${at}`]);
    const first = rig.checkpoint();
    await first.restore();
    await first.close();
    const { stepCount } = rig.files.faults;
    const second = rig.checkpoint();
    rig.readsFrom = Infinity;
    rig.expectTruth(await second.restore());
    await second.close();
    expect([rig.readsFrom, rig.files.faults.stepCount]).toEqual([Infinity, stepCount]);
  });

  test.each([
    ["damaged", (bytes: Uint8Array) => bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte))],
    ["cut short", (bytes: Uint8Array) => bytes.slice(0, -1)],
    ["empty", () => new Uint8Array(0)],
  ])("is passed over and reported when it is %s", async (_, spoil) => {
    const rig = new Rig();
    await rig.files.makeDirectory("/ch");
    const checkpoint = rig.checkpoint();
    await play(
      checkpoint,
      rig,
      Array.from({ length: 9 }, (_unused, at) => [`t${at}`]),
    );
    await checkpoint.close();
    rig.files.overwrite(FILE, spoil(rig.files.contentOf(FILE)));
    rig.expectTruth(await rig.checkpoint().restore());
    expect(rig.warnings).toEqual([expect.stringMatching(/passed over/)]);
  });

  test("is passed over when the blocks are others, or fewer", async () => {
    const rig = new Rig();
    await rig.files.makeDirectory("/ch");
    const checkpoint = rig.checkpoint();
    await play(
      checkpoint,
      rig,
      Array.from({ length: 9 }, (_, at) => [`t${at}`]),
    );
    await checkpoint.close();
    rig.chain.splice(3);
    rig.expectTruth(await rig.checkpoint().restore());
    for (let at = 0; at < 12; at += 1) rig.add([`other ${at}`]);
    rig.expectTruth(await rig.checkpoint().restore());
    expect(rig.warnings).toHaveLength(2);
  });

  test("that cannot be written is done without", async () => {
    const rig = new Rig();
    await rig.files.makeDirectory("/ch");
    rig.files.capacityBytes = 10;
    const checkpoint = rig.checkpoint();
    await play(
      checkpoint,
      rig,
      Array.from({ length: 9 }, (_, at) => [`t${at}`]),
    );
    await checkpoint.close();
    expect(rig.warnings.length).toBeGreaterThan(0);
    rig.expectTruth(await rig.checkpoint().restore());
  });
});
