import { describe, expect, test } from "vitest";
import { sha256 } from "../../../src/crypto/index.ts";
import { toHex, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { silentLogger, type LogFields, type Logger } from "../../../src/kernel/ports/logger.ts";
import {
  CONFIG_KEY,
  CONFIG_NAMESPACE,
  type CommittedBlock,
  type Ledger,
} from "../../../src/ledger/index.ts";
import {
  BLOCK_METADATA,
  type Block,
  ChaincodeEvent,
  HeaderType,
  Metadata,
  TxValidationCode,
  blockHeaderHash,
  create,
  decode,
  encode,
} from "../../../src/wire/index.ts";
import { configEnvelope, endorserEnvelope, envelope, nextBlock } from "./block-builder.ts";
import { LedgerWorld, allValid, genesis, simulated } from "./ledger-world.ts";

const COLL = "_implicit_org_Org1MSP";

async function started(world = new LedgerWorld()): Promise<{ world: LedgerWorld; ledger: Ledger }> {
  const ledger = await world.open();
  await ledger.commitGenesis(genesis());
  return { world, ledger };
}

async function commit(ledger: Ledger, ...data: readonly Uint8Array[]): Promise<CommittedBlock> {
  const previous = await ledger.read(ledger.height - 1);
  const block = nextBlock(previous, data);
  return ledger.commit(block, allValid(block));
}

function stateOf(ledger: Ledger, key: string): string | undefined {
  const reader = ledger.query();
  const value = reader.getState("cc", key);
  reader.close();
  return value && utf8Decode(value);
}

const put = (ledger: Ledger, txId: string, key: string, value: string): Uint8Array =>
  simulated(ledger, txId, (s) => {
    s.putState("cc", key, utf8(value));
  }).envelope;

describe("a ledger", () => {
  test("begins with block 0, whose configuration it keeps and which has no commit hash", async () => {
    const { ledger } = await started();
    expect(ledger.height).toBe(1);
    expect(ledger.commitHash).toEqual(new Uint8Array(0));
    const reader = ledger.query();
    expect(reader.getState(CONFIG_NAMESPACE, CONFIG_KEY)).toEqual(Uint8Array.of(1, 2, 3));
    reader.close();
    const block = await ledger.read(0);
    expect(block!.metadata!.metadata).toHaveLength(5);
    expect(block!.metadata!.metadata[BLOCK_METADATA.transactionsFilter]).toEqual(Uint8Array.of(0));
    expect(block!.metadata!.metadata[BLOCK_METADATA.commitHash]).toEqual(new Uint8Array(0));
    await ledger.close();
  });

  test("makes valid writes readable, turns stale reads into conflicts, and records both", async () => {
    const { ledger } = await started();
    await commit(ledger, put(ledger, "t1", "k", "1"));
    const increment = (txId: string): Uint8Array =>
      simulated(ledger, txId, (s) => {
        const now = Number(utf8Decode(s.getState("cc", "k")!));
        s.putState("cc", "k", utf8(String(now + 1)));
      }).envelope;
    const committed = await commit(ledger, increment("t2"), increment("t3"));
    expect(stateOf(ledger, "k")).toBe("2");
    expect(committed.transactions.map(({ code }) => code)).toEqual([0, 11]);
    expect(ledger.transaction("t2")).toEqual({ blockNumber: 2, txIndex: 0, code: 0 });
    expect(ledger.transaction("t3")).toEqual({ blockNumber: 2, txIndex: 1, code: 11 });
    expect(ledger.hasTransaction("t4")).toBe(false);
    const { metadata } = committed.block.metadata!;
    expect(metadata[BLOCK_METADATA.transactionsFilter]).toEqual(Uint8Array.of(0, 11));
    expect(decode(Metadata, metadata[BLOCK_METADATA.commitHash]!).value).toEqual(ledger.commitHash);
    expect(await ledger.read(2)).toEqual(committed.block);
    expect(await ledger.blockByTxId("t3")).toEqual(committed.block);
    expect(await ledger.blockByHash(blockHeaderHash(committed.block.header!))).toEqual(
      committed.block,
    );
    expect(ledger.lastBlockHash).toEqual(blockHeaderHash(committed.block.header!));
    await ledger.close();
  });

  test("keeps the verdicts it is given and gives its own to what it cannot read", async () => {
    const { ledger } = await started();
    const data = [
      put(ledger, "bad", "k", "no"),
      envelope(HeaderType.ENDORSER_TRANSACTION, "nil", new Uint8Array(0)),
      endorserEnvelope({ txId: "rwset", results: utf8("\u0001nonsense") }),
      configEnvelope("config", utf8("new config")),
      utf8("no envelope"),
      put(ledger, "good", "k", "yes"),
    ];
    const block = nextBlock(await ledger.read(0), data);
    const codes = [...allValid(block)];
    codes[0] = TxValidationCode.ENDORSEMENT_POLICY_FAILURE;
    codes[4] = TxValidationCode.BAD_PAYLOAD;
    const { transactions } = await ledger.commit(block, codes);
    expect(transactions.map(({ code }) => code)).toEqual([10, 16, 255, 0, 2, 0]);
    expect(stateOf(ledger, "k")).toBe("yes");
    expect(ledger.transaction("bad")?.code).toBe(10);
    const reader = ledger.query();
    expect(reader.getState("", CONFIG_KEY)).toEqual(utf8("new config"));
    reader.close();
    await ledger.close();
  });

  test("knows a transaction id by its first transaction", async () => {
    const { ledger } = await started();
    await commit(ledger, put(ledger, "t", "k", "1"), put(ledger, "t", "k", "2"));
    await commit(ledger, put(ledger, "t", "k", "3"));
    expect(ledger.transaction("t")).toEqual({ blockNumber: 1, txIndex: 0, code: 0 });
    await ledger.close();
  });

  test("tells listeners of a block when its writes can be read, with the events of its valid transactions", async () => {
    const { ledger } = await started();
    const heard: string[] = [];
    ledger.subscribe((block) => {
      heard.push(
        `${block.number}:${stateOf(ledger, "k")}:${block.transactions[0]?.event?.eventName}`,
      );
    });
    const event = encode(ChaincodeEvent, create(ChaincodeEvent, { eventName: "moved", txId: "t" }));
    const simulator = ledger.simulate();
    simulator.putState("cc", "k", utf8("1"));
    const results = simulator.results().publicBytes;
    simulator.close();
    await commit(ledger, endorserEnvelope({ txId: "t", results, events: event }));
    expect(heard).toEqual(["1:1:moved"]);
    await ledger.close();
  });

  test("writes blocks that come together with two flushes, each judged by those before it", async () => {
    const { world, ledger } = await started();
    const stale = simulated(ledger, "stale", (s) => {
      s.getState("cc", "k");
      s.putState("cc", "k", utf8("2"));
    }).envelope;
    const blocks = [nextBlock(await ledger.read(0), [put(ledger, "t", "k", "1")])];
    blocks.push(nextBlock(blocks[0], [stale]));
    blocks.push(nextBlock(blocks[1], [put(ledger, "t", "k", "3")]));
    const before = world.faults.stepCount;
    const commits = blocks.map((block) => ledger.commit(block, allValid(block)));
    expect(ledger.height).toBe(1);
    expect(ledger.tip.hasTransaction("t")).toBe(true);
    expect(ledger.hasTransaction("t")).toBe(false);
    const committed = await Promise.all(commits);
    // One write and one flush of the block file, one batch of the state.
    expect(world.faults.stepCount - before).toBe(3);
    expect(committed.map(({ transactions }) => transactions[0]!.code)).toEqual([
      TxValidationCode.VALID,
      TxValidationCode.MVCC_READ_CONFLICT,
      TxValidationCode.VALID,
    ]);
    expect(stateOf(ledger, "k")).toBe("3");
    expect(ledger.transaction("t")).toMatchObject({ blockNumber: 1 });
    await ledger.close();
  });

  test("a namespace's version ends with the block that writes to it, first at the tip", async () => {
    const { ledger } = await started();
    const versions = (namespace: string): readonly unknown[] => [
      ledger.tip.versionOf(namespace),
      ledger.versionOf(namespace),
    ];
    const [tipBefore, before] = versions("cc");
    const others = versions("other");
    expect(versions("cc")).toEqual([tipBefore, before]);
    const block = nextBlock(await ledger.read(0), [put(ledger, "t", "k", "1")]);
    const committing = ledger.commit(block, allValid(block));
    expect(ledger.tip.versionOf("cc")).not.toBe(tipBefore);
    expect(ledger.versionOf("cc")).toBe(before);
    await committing;
    expect(ledger.versionOf("cc")).not.toBe(before);
    expect(versions("other").every((version, index) => version === others[index])).toBe(true);
    await ledger.close();
  });

  test("a refused write ends no version", async () => {
    const { ledger } = await started();
    const before = ledger.tip.versionOf("cc");
    const block = nextBlock(await ledger.read(0), [put(ledger, "t", "k", "1")]);
    await ledger.commit(block, [TxValidationCode.ENDORSEMENT_POLICY_FAILURE]);
    expect(ledger.tip.versionOf("cc")).toBe(before);
    await ledger.close();
  });

  test("goes on from what is durable when the disk refuses a group of blocks", async () => {
    const { world, ledger } = await started();
    const block = nextBlock(await ledger.read(0), [put(ledger, "t", "k", "1")]);
    const next = nextBlock(block, []);
    world.faults.fail("sync", 1);
    const commits = [block, next].map((each) => ledger.commit(each, allValid(each)));
    const planned = ledger.tip.versionOf("cc");
    for (const commit of commits) {
      await expect(commit).rejects.toMatchObject({ code: "store-failed" });
    }
    expect(ledger.height).toBe(1);
    expect(ledger.tip.hasTransaction("t")).toBe(false);
    expect(ledger.tip.versionOf("cc")).not.toBe(planned);
    await ledger.close();
    const again = await world.open();
    await catchUp(world, again, { blocks: [genesis(), block, next], transient: [] });
    expect(stateOf(again, "k")).toBe("1");
    await again.close();
  });

  test("refuses a block out of order and stays usable", async () => {
    const { ledger } = await started();
    const block = nextBlock(await ledger.read(0), []);
    const later = nextBlock(block, []);
    await expect(ledger.commit(later, [])).rejects.toMatchObject({ code: "wrong-number" });
    const other: Block = {
      ...block,
      header: { ...block.header!, previousHash: new Uint8Array(32) },
    };
    await expect(ledger.commit(other, [])).rejects.toMatchObject({ code: "wrong-previous-hash" });
    await ledger.commit(block, []);
    expect(ledger.height).toBe(2);
    await ledger.close();
  });

  test("does not change the block that it was given", async () => {
    const { ledger } = await started();
    const block = nextBlock(await ledger.read(0), [put(ledger, "t", "k", "1")]);
    const before = structuredClone(block);
    await ledger.commit(block, allValid(block));
    expect(block).toEqual(before);
    await ledger.close();
  });
});

describe("private data", () => {
  const secret = (ledger: Ledger, txId: string, value: string | undefined) =>
    simulated(ledger, txId, (s) => {
      if (value === undefined) s.deletePrivateData("cc", COLL, "k");
      else s.putPrivateData("cc", COLL, "k", utf8(value));
    });

  test("is taken from the transient store when its transaction commits", async () => {
    const { world, ledger } = await started();
    const { envelope: tx, privateBytes } = secret(ledger, "t", "secret");
    await world.transient.persist("t", 1, utf8("not what was announced"));
    await world.transient.persist("t", 1, privateBytes!);
    await commit(ledger, tx);
    const reader = ledger.query();
    expect(reader.getPrivateData("cc", COLL, "k")).toEqual(utf8("secret"));
    expect(reader.getPrivateDataHash("cc", COLL, "k")).toEqual(sha256(utf8("secret")));
    expect([...[reader.privateRange("cc", COLL, "", "").next()]]).toEqual([
      { key: "k", value: utf8("secret") },
    ]);
    reader.close();
    expect(world.transient.read("t")).toEqual([]);
    const place = { namespace: "cc", collection: COLL };
    expect(ledger.isPrivateSetMissing(1, 0, place)).toBe(false);
    expect(ledger.privateSet(1, 0, place)).toBeDefined();
    const { envelope: gone, privateBytes: goneBytes } = secret(ledger, "t2", undefined);
    await world.transient.persist("t2", 2, goneBytes!);
    await commit(ledger, gone);
    const after = ledger.query();
    expect(after.getPrivateData("cc", COLL, "k")).toBeUndefined();
    expect(after.getPrivateDataHash("cc", COLL, "k")).toBeUndefined();
    after.close();
    await ledger.close();
  });

  test("that is not at hand is recorded as missing, and reading it is refused", async () => {
    const { ledger } = await started();
    await commit(ledger, secret(ledger, "t", "secret").envelope);
    expect(ledger.isPrivateSetMissing(1, 0, { namespace: "cc", collection: COLL })).toBe(true);
    const simulator = ledger.simulate();
    expect(simulator.getPrivateDataHash("cc", COLL, "k")).toEqual(sha256(utf8("secret")));
    expect(() => simulator.getPrivateData("cc", COLL, "k")).toThrow(
      "private data matching public hash version is not available. Public hash version = {BlockNum: 1, TxNum: 0}, Private data version = <nil>",
    );
    simulator.close();
    await ledger.close();
  });

  test("stays with its hash when only metadata is written", async () => {
    const { world, ledger } = await started();
    const first = secret(ledger, "t", "secret");
    await world.transient.persist("t", 1, first.privateBytes!);
    await commit(ledger, first.envelope);
    const second = simulated(ledger, "t2", (s) => {
      s.putPrivateDataMetadata("cc", COLL, "k", new Map([["m", utf8("1")]]));
    });
    await world.transient.persist("t2", 2, second.privateBytes!);
    await commit(ledger, second.envelope);
    const reader = ledger.query();
    expect(reader.getPrivateData("cc", COLL, "k")).toEqual(utf8("secret"));
    expect(reader.getPrivateDataMetadata("cc", COLL, "k")).toEqual(new Map([["m", utf8("1")]]));
    reader.close();
    await ledger.close();
  });

  test("that never commits is purged by height", async () => {
    const world = new LedgerWorld();
    await world.transient.persist("old", 5, utf8("a"));
    await world.transient.persist("old", 9, utf8("b"));
    await world.transient.persist("new", 300, utf8("c"));
    await world.transient.purgeBelow(6);
    expect(world.transient.read("old").map(({ height }) => height)).toEqual([9]);
    await world.transient.purgeBelow(300);
    expect(world.transient.read("old")).toEqual([]);
    expect(world.transient.read("new")).toEqual([{ height: 300, bytes: utf8("c") }]);
  });
});

/** Genesis and four blocks with every kind of write; the same whatever ledger they are made on. */
async function script(): Promise<{
  readonly blocks: readonly Block[];
  readonly transient: readonly (readonly [string, Uint8Array])[];
}> {
  const { world, ledger } = await started();
  const transient: (readonly [string, Uint8Array])[] = [];
  const blocks: Block[] = [genesis()];
  for (let round = 1; round <= 4; round += 1) {
    const transactions = [0, 1, 2].map((index) => {
      const txId = `t${round}.${index}`;
      const made = simulated(ledger, txId, (s) => {
        s.getState("cc", "counter");
        if (index === 1) s.range("cc", "", "").nextBatch(100);
        s.putState("cc", index === 0 ? "counter" : `k${round}`, utf8(txId));
        if (round === 3) s.deleteState("cc", "k1");
        s.putStateMetadata("cc", "counter", new Map([["m", utf8(txId)]]));
        s.putPrivateData("cc", COLL, `p${index}`, utf8(`secret ${txId}`));
      });
      transient.push([txId, made.privateBytes!]);
      return made.envelope;
    });
    const block = nextBlock(blocks.at(-1), transactions);
    for (const [txId, bytes] of transient.slice(-3))
      await world.transient.persist(txId, round, bytes);
    await ledger.commit(block, allValid(block));
    blocks.push(block);
  }
  await ledger.close();
  return { blocks, transient };
}

/** Commits what is missing, `together` blocks without waiting for the disk in between. */
async function catchUp(
  world: LedgerWorld,
  ledger: Ledger,
  { blocks, transient }: Awaited<ReturnType<typeof script>>,
  together = 1,
): Promise<void> {
  const missing = blocks.slice(ledger.height);
  for (let first = 0; first < missing.length; first += together) {
    const group = missing.slice(first, first + together);
    for (const { header } of group) {
      for (const [txId, bytes] of transient) {
        const isOf = txId.startsWith(`t${header!.number}.`);
        if (isOf) await world.transient.persist(txId, header!.number, bytes);
      }
    }
    const commits = group.map((block) => ledger.commit(block, allValid(block)));
    for (const result of await Promise.allSettled(commits)) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}

describe("recovery", () => {
  test.each([1, 2, 5])(
    "after a crash at any step gives the state and commit hash of a ledger that never crashed and wrote one by one: %i together",
    async (together) => {
      const play = await script();
      const twin = new LedgerWorld();
      const calm = await twin.open();
      await catchUp(twin, calm, play);
      const expected = { dump: twin.dump(), hash: toHex(calm.commitHash) };
      await calm.close();
      const measured = new LedgerWorld();
      const whole = await measured.open();
      await catchUp(measured, whole, play, together);
      await whole.close();
      expect(measured.dump()).toEqual(expected.dump);
      const steps = measured.faults.stepCount;
      expect(steps).toBeGreaterThan(7);
      for (let step = 1; step <= steps; step += 1) {
        for (let seed = 1; seed <= 4; seed += 1) {
          const world = new LedgerWorld(seed * 1_000 + step);
          world.faults.crashAfter(step);
          const crashing = world.open().then((ledger) => catchUp(world, ledger, play, together));
          await expect(crashing).rejects.toThrow();
          expect(world.faults.isCrashed).toBe(true);
          world.powerLoss();
          const ledger = await world.open();
          expect(ledger.height).toBe(ledger.blocks.height);
          await catchUp(world, ledger, play, together);
          expect(toHex(ledger.commitHash)).toBe(expected.hash);
          expect(world.dump()).toEqual(expected.dump);
          await ledger.close();
        }
      }
    },
  );

  test("rebuilds public state from blocks alone, to the same commit hash", async () => {
    const play = await script();
    const world = new LedgerWorld();
    const ledger = await world.open();
    await catchUp(world, ledger, play);
    await ledger.close();
    const other = new LedgerWorld();
    const path = "/ledger/ch/blocks-000000.heddle";
    await other.files.makeDirectory("/ledger/ch");
    await (await other.files.open(path, { create: true })).close();
    other.files.overwrite(path, world.files.contentOf(path));
    const rebuilt = await other.open();
    expect(rebuilt.commitHash).toEqual(ledger.commitHash);
    expect(stateOf(rebuilt, "counter")).toBe("t4.0");
    expect(stateOf(rebuilt, "k1")).toBeUndefined();
    await rebuilt.close();
  });

  test("refuses a state that is ahead of the block files, or of other blocks", async () => {
    const { world, ledger } = await started();
    await commit(ledger, put(ledger, "t", "k", "1"));
    await ledger.close();
    const path = "/ledger/ch/blocks-000000.heddle";
    const whole = world.files.contentOf(path);
    world.files.overwrite(path, whole.subarray(0, whole.length - 1));
    await expect(world.open()).rejects.toMatchObject({ code: "diverged", data: { block: 1 } });
    const { world: other, ledger: otherLedger } = await started();
    await commit(otherLedger, put(otherLedger, "other", "k", "2"));
    await otherLedger.close();
    world.files.overwrite(path, other.files.contentOf(path));
    await expect(world.open()).rejects.toMatchObject({ code: "diverged", data: { block: 1 } });
  });

  test("refuses a block whose writes give another commit hash than it carries", async () => {
    const { ledger } = await started();
    const { block } = await commit(ledger, put(ledger, "t", "k", "1"));
    const genesisBlock = (await ledger.read(0))!;
    await ledger.close();
    const world = new LedgerWorld();
    const { BlockStore } = await import("../../../src/ledger/index.ts");
    const store = await BlockStore.open({
      files: world.files,
      timers: world.time,
      directory: "/ledger/ch",
      logger: silentLogger,
    });
    const metadata = [...block.metadata!.metadata];
    metadata[BLOCK_METADATA.commitHash] = encode(Metadata, {
      value: new Uint8Array(32),
      signatures: [],
    });
    await store.append(genesisBlock);
    await store.append({ ...block, metadata: { metadata } });
    await store.close();
    await expect(world.open()).rejects.toMatchObject({ code: "diverged", data: { block: 1 } });
  });

  test("makes a lost state again from the blocks, and says which private values it could not", async () => {
    const { world, ledger } = await started();
    const made = simulated(ledger, "t", (s) => {
      s.putState("cc", "k", utf8("1"));
      s.putPrivateData("cc", COLL, "k", utf8("secret"));
    });
    await world.transient.persist("t", 1, made.privateBytes!);
    await commit(ledger, made.envelope);
    await commit(ledger, put(ledger, "t2", "k2", "2"));
    const expected = toHex(ledger.commitHash);
    await ledger.close();
    world.loseState();
    const warnings: (LogFields | undefined)[] = [];
    const warn: Logger["warn"] = (_message, fields) => warnings.push(fields);
    const again = await world.open({ logger: { ...silentLogger, warn } });
    expect(toHex(again.commitHash)).toBe(expected);
    expect([stateOf(again, "k"), stateOf(again, "k2")]).toEqual(["1", "2"]);
    expect(again.isPrivateSetMissing(1, 0, { namespace: "cc", collection: COLL })).toBe(true);
    expect(warnings).toEqual([{ channel: "ch", writeSets: 1, collections: [`cc/${COLL}`] }]);
    await again.close();
    world.powerLoss();
    const third = await world.open({ logger: { ...silentLogger, warn } });
    expect(warnings).toHaveLength(1);
    await third.close();
  });

  test("a state that cannot be written stops the ledger until it is opened again", async () => {
    const { world, ledger } = await started();
    const tx = put(ledger, "t", "k", "1");
    world.faults.fail("batch", 1);
    await expect(commit(ledger, tx)).rejects.toMatchObject({ code: "store-failed" });
    expect(ledger.height).toBe(1);
    const block = nextBlock(await ledger.read(0), []);
    await expect(ledger.commit(block, [])).rejects.toMatchObject({ code: "store-failed" });
    await ledger.close();
    const again = await world.open();
    expect(again.height).toBe(2);
    expect(stateOf(again, "k")).toBe("1");
    await again.close();
  });
});

describe("on a full disk", () => {
  test.each(["batch", "write"] as const)(
    "a commit whose %s finds no space waits, and ends when there is some",
    async (step) => {
      const { world, ledger } = await started();
      const tx = put(ledger, "t", "k", "1");
      world.faults.fail(step, 1, "ENOSPC");
      world.faults.fail(step, 1, "ENOSPC");
      const committing = commit(ledger, tx);
      await world.time.advance(1_500);
      expect([ledger.isFull, ledger.height]).toEqual([true, 1]);
      await world.time.advance(1_000);
      await committing;
      expect([ledger.isFull, ledger.height]).toEqual([false, 2]);
      expect(stateOf(ledger, "k")).toBe("1");
      await ledger.close();
    },
  );

  test("a commit that waits ends with the ledger, and the next start applies what was stored", async () => {
    const { world, ledger } = await started();
    const tx = put(ledger, "t", "k", "1");
    world.faults.fail("batch", 1, "ENOSPC");
    world.faults.fail("batch", 1, "ENOSPC");
    const refused = expect(commit(ledger, tx)).rejects.toMatchObject({ code: "store-failed" });
    await world.time.advance(10);
    await ledger.close();
    await refused;
    const again = await world.open();
    expect(stateOf(again, "k")).toBe("1");
    await again.close();
  });

  test("a start does not wait", async () => {
    const { world, ledger } = await started();
    const tx = put(ledger, "t", "k", "1");
    world.faults.fail("batch", 1);
    await expect(commit(ledger, tx)).rejects.toMatchObject({ code: "store-failed" });
    await ledger.close();
    world.faults.fail("batch", 1, "ENOSPC");
    await expect(world.open()).rejects.toMatchObject({ code: "store-failed" });
    const again = await world.open();
    expect(again.height).toBe(2);
    await again.close();
  });
});
