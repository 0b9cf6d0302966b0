import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { StoredBlocks } from "../../../../src/sim/nodes/node-views.ts";
import type { SimulatedNode } from "../../../../src/sim/nodes/simulated-node.ts";

/** A store of which one block cannot be read any more. */
class RottenStore {
  height: number;
  rotten: number | undefined;
  /** Blocks from this one on are others. */
  forkedFrom = Infinity;
  readCount = 0;

  constructor(height: number) {
    this.height = height;
  }
  readBytes(number: number): Promise<Uint8Array> {
    if (number === this.rotten) return Promise.reject(new Error(`block ${number} is damaged`));
    this.readCount += 1;
    return Promise.resolve(utf8(`${number < this.forkedFrom ? "block" : "forked"} ${number}`));
  }
}

/** An orderer's machine as far as its blocks are looked at. */
function machine(): { store: RottenStore; ledgersLost: number; node: SimulatedNode } {
  const parts = {
    store: new RottenStore(3),
    ledgersLost: 0,
    node: undefined as unknown as SimulatedNode,
  };
  const node = {
    get orderer() {
      return { blocks: () => parts.store };
    },
    get ledgersLost() {
      return parts.ledgersLost;
    },
  };
  // Nothing else of a node is touched.
  parts.node = node as unknown as SimulatedNode;
  return parts;
}

describe("what was read of a node's blocks", () => {
  test("ends before one that has rotted, and goes on when it is well again", async () => {
    const { store, node } = machine();
    const blocks = new StoredBlocks(node);
    store.rotten = 1;
    expect(await blocks.refresh()).toBe(true);
    expect(blocks.height).toBe(1);
    expect(blocks.isBehind).toBe(true);
    store.rotten = undefined;
    expect(await blocks.refresh()).toBe(true);
    expect(blocks.height).toBe(3);
  });

  test("stays known when the next process cannot read it any more", async () => {
    const parts = machine();
    const blocks = new StoredBlocks(parts.node);
    await blocks.refresh();
    parts.store = new RottenStore(4);
    parts.store.rotten = 2;
    await blocks.refresh();
    expect(blocks.height).toBe(3);
    expect(blocks.block(2)).toEqual(utf8("block 2"));
    parts.store.rotten = undefined;
    await blocks.refresh();
    expect(blocks.height).toBe(4);
  });

  test("is replaced, after a restart, by what is stored then, as far down as that differs", async () => {
    const parts = machine();
    parts.store = new RottenStore(20);
    const blocks = new StoredBlocks(parts.node);
    await blocks.refresh();
    parts.store = new RottenStore(18);
    parts.store.forkedFrom = 15;
    await blocks.refresh();
    expect(blocks.height).toBe(18);
    expect(blocks.block(15)).toEqual(utf8("forked 15"));
    expect(blocks.block(14)).toEqual(utf8("block 14"));
    expect(parts.store.readCount).toBeLessThan(12);
  });

  test("is all read again when that is asked for", async () => {
    const { store, node } = machine();
    const blocks = new StoredBlocks(node);
    await blocks.refresh();
    Object.assign(store, { forkedFrom: 1, rotten: 2 });
    await blocks.readAgain();
    expect([0, 1, 2].map((number) => blocks.block(number))).toEqual(
      ["block 0", "forked 1", "block 2"].map(utf8),
    );
  });

  test("is gone with what the node lost", async () => {
    const parts = machine();
    const blocks = new StoredBlocks(parts.node);
    await blocks.refresh();
    parts.store = new RottenStore(2);
    parts.store.rotten = 0;
    parts.ledgersLost = 1;
    await blocks.refresh();
    expect(blocks.height).toBe(0);
  });
});
