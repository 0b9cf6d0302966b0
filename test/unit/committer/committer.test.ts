import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, ChannelConfigRef } from "../../../src/channel/index.ts";
import {
  Committer,
  type CommitterLedger,
  type PrivateSetGatherer,
} from "../../../src/committer/index.ts";
import { BLOCKS_HELD_MAX } from "../../../src/committer/limits.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { Ledger } from "../../../src/ledger/index.ts";
import { encodeSignaturePolicy, parsePolicy } from "../../../src/policy/index.ts";
import {
  BLOCK_METADATA,
  ConfigEnvelope,
  HeaderType,
  ImplicitMetaPolicy,
  ImplicitMetaPolicy_Rule,
  Policy_PolicyType,
  TxValidationCode,
  encode,
  type Block,
  type ChannelHeader,
} from "../../../src/wire/index.ts";
import { MemoryKvDisk, MemoryKvStore } from "../../../src/sim/ports/memory-kv-store.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { blockAfter } from "../../support/sample-blocks.ts";
import {
  CHANNEL_ID,
  sampleChannel,
  sampleClock,
  type SampleChannel,
} from "../../support/sample-channel.ts";
import {
  sampleEnvelope,
  sampleResults,
  sampleTransaction,
  transactionIdOf,
  writesOf,
} from "../../support/sample-transactions.ts";
import { SampleState } from "../../support/sample-state.ts";
import { changedGroup, nextConfigEnvelope } from "../../support/sample-updates.ts";

let sample: SampleChannel;

beforeAll(async () => {
  sample = await sampleChannel();
});

interface Peer {
  readonly ledger: Ledger;
  readonly config: ChannelConfigRef;
  readonly committer: Committer;
}

class Disk {
  readonly files: SimulatedFiles = new SimulatedFiles({ random: new SeededRandom(1) });
  readonly state: MemoryKvDisk = new MemoryKvDisk();

  async open(): Promise<Peer> {
    const ledger = await Ledger.open(
      {
        files: this.files,
        directory: "/ledger",
        state: new MemoryKvStore({ disk: this.state }),
        clock: sampleClock,
        timers: new SimulatedTime(),
        logger: silentLogger,
        meter: silentMeter,
      },
      CHANNEL_ID,
    );
    if (ledger.height === 0) await ledger.commitGenesis(sample.genesis);
    const config = new ChannelConfigRef(sample.config);
    return { ledger, config, committer: committerOf(ledger, config) };
  }
}

function committerOf(ledger: CommitterLedger, config: ChannelConfigRef): Committer {
  const deps = { ledger, config, clock: sampleClock, logger: silentLogger, meter: silentMeter };
  return new Committer(deps, { channelId: CHANNEL_ID });
}

/** A transaction that both organisations endorse and that writes to `_lifecycle`, which needs no definition. */
function transaction(nonce: string, isEndorsed = true): Promise<Uint8Array> {
  return sampleTransaction({
    creator: sample.org1.client,
    endorsers: isEndorsed ? [sample.org1.peer, sample.org2.peer] : [],
    nonce,
    chaincode: "_lifecycle",
    results: sampleResults(writesOf("_lifecycle", `key-${nonce}`)),
  });
}

/** A transaction that defines "cc" with an endorsement policy, the channel's by default. */
function definition(nonce: string, policy?: string, isEndorsed = true): Promise<Uint8Array> {
  const state = new SampleState();
  const own =
    policy === undefined ? {} : { validationParameter: encodeSignaturePolicy(parsePolicy(policy)) };
  state.define("cc", own);
  const writes = [...state.values("_lifecycle")].map(([key, value]) => ({
    key,
    isDelete: false,
    value,
  }));
  return sampleTransaction({
    creator: sample.org1.client,
    endorsers: isEndorsed ? [sample.org1.peer, sample.org2.peer] : [],
    nonce,
    chaincode: "_lifecycle",
    results: sampleResults({ namespace: "_lifecycle", kv: { writes } }),
  });
}

/** A transaction of "cc" that organisation 1 endorses. */
function call(nonce: string): Promise<Uint8Array> {
  return sampleTransaction({
    creator: sample.org1.client,
    endorsers: [sample.org1.peer],
    nonce,
    chaincode: "cc",
    results: sampleResults(writesOf("cc", `key-${nonce}`)),
  });
}

/** The same channel, in which any one organisation endorses. */
function endorsedByAny(config: ChannelConfig): ChannelConfig {
  const value = encode(ImplicitMetaPolicy, {
    subPolicy: "Endorsement",
    rule: ImplicitMetaPolicy_Rule.ANY,
  });
  const channelGroup = changedGroup(config, (root) => {
    const { policies } = root.groups.get("Application")!;
    policies.get("Endorsement")!.policy = { type: Policy_PolicyType.IMPLICIT_META, value };
  });
  return ChannelConfig.parse(CHANNEL_ID, { sequence: config.sequence + 1, channelGroup });
}

/** Transactions of configurations that follow each other from the genesis block on. */
async function configTransactions(count: number): Promise<readonly Uint8Array[]> {
  const transactions: Uint8Array[] = [];
  let { config } = sample;
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const content = await nextConfigEnvelope(config, sample.ordererOrg.admin, sequence);
    config = ChannelConfig.parse(CHANNEL_ID, content.config!);
    const recipe = {
      creator: sample.ordererOrg.orderer,
      nonce: `config ${sequence}`,
      channelHeader: (header: ChannelHeader) => ({ ...header, type: HeaderType.CONFIG }),
    };
    transactions.push(await sampleEnvelope(recipe, encode(ConfigEnvelope, content)));
  }
  return transactions;
}

async function chainOf(...blocks: readonly (readonly Uint8Array[])[]): Promise<readonly Block[]> {
  const chain = [sample.genesis];
  for (const data of blocks) chain.push(blockAfter(chain.at(-1)!, data));
  return Promise.resolve(chain.slice(1));
}

function filterOf(block: Block | undefined): readonly number[] {
  return [...block!.metadata!.metadata[BLOCK_METADATA.transactionsFilter]!];
}

describe("a committer", () => {
  test("commits blocks with the codes of their transactions and applies the valid ones", async () => {
    const { ledger, committer } = await new Disk().open();
    const [first] = await chainOf([await transaction("a"), await transaction("b", false)]);
    await committer.store(first!);
    expect(committer.height).toBe(2);
    expect(filterOf(await ledger.read(1))).toEqual([
      TxValidationCode.VALID,
      TxValidationCode.ENDORSEMENT_POLICY_FAILURE,
    ]);
    const state = ledger.query();
    expect(state.getState("_lifecycle", "key-a")).toEqual(utf8("value"));
    expect(state.getState("_lifecycle", "key-b")).toBeUndefined();
    state.close();
  });

  test("knows the ids of all earlier transactions, valid or not, also after a restart", async () => {
    const disk = new Disk();
    const before = await disk.open();
    const chain = await chainOf(
      [await transaction("a"), await transaction("b", false)],
      [await transaction("a"), await transaction("b"), await transaction("c")],
    );
    await before.committer.store(chain[0]!);
    await before.ledger.close();
    const after = await disk.open();
    await after.committer.store(chain[1]!);
    expect(filterOf(await after.ledger.read(2))).toEqual([
      TxValidationCode.DUPLICATE_TXID,
      TxValidationCode.DUPLICATE_TXID,
      TxValidationCode.VALID,
    ]);
    const creator = sample.org1.client;
    expect(after.ledger.transaction(transactionIdOf({ creator, nonce: "b" }))).toMatchObject({
      blockNumber: 1,
      txIndex: 1,
    });
  });

  test("takes several blocks at once and commits them in order", async () => {
    const { ledger, committer } = await new Disk().open();
    const envelopes = await Promise.all(["a", "b", "c", "d"].map((nonce) => transaction(nonce)));
    const chain = await chainOf(...envelopes.map((envelope) => [envelope]), [envelopes[0]!]);
    await Promise.all(chain.map((block) => committer.store(block)));
    expect(ledger.height).toBe(6);
    expect(filterOf(await ledger.read(5))).toEqual([TxValidationCode.DUPLICATE_TXID]);
  });

  test("judges a block by the configuration of the block before, though verified ahead of it", async () => {
    const { config, ledger, committer } = await new Disk().open();
    const [first, second] = await configTransactions(2);
    const chain = await chainOf([first!], [await transaction("a")], [first!], [second!]);
    await Promise.all(chain.map((block) => committer.store(block)));
    expect(config.current().sequence).toBe(2);
    const codes = await Promise.all([1, 2, 3, 4].map(async (n) => filterOf(await ledger.read(n))));
    expect(codes.flat()).toEqual([
      TxValidationCode.VALID,
      TxValidationCode.VALID,
      TxValidationCode.INVALID_CONFIG_TRANSACTION,
      TxValidationCode.VALID,
    ]);
  });

  test.each([
    ["one after the other", false],
    ["all at once", true],
  ])(
    "judges by the definitions of the blocks before, with blocks that come %s",
    async (_, isAtOnce) => {
      const { ledger, committer } = await new Disk().open();
      const chain = await chainOf(
        [await call("a")],
        [await definition("of org1", "OR('Org1MSP.peer')"), await call("b")],
        [await call("c")],
        [await definition("refused", "OR('Org2MSP.peer')", false), await call("d")],
        [await call("e")],
        [await definition("of org2", "OR('Org2MSP.peer')"), await call("f")],
        [await call("g")],
        [await call("h"), await definition("again", "OR('Org1MSP.peer')")],
        [await call("i")],
      );
      if (isAtOnce) await Promise.all(chain.map((block) => committer.store(block)));
      else for (const block of chain) await committer.store(block);
      const codes = await Promise.all(
        chain.map(async (_block, index) => filterOf(await ledger.read(index + 1))),
      );
      const { VALID, INVALID_CHAINCODE, ENDORSEMENT_POLICY_FAILURE } = TxValidationCode;
      expect(codes).toEqual([
        [INVALID_CHAINCODE],
        [VALID, INVALID_CHAINCODE],
        [VALID],
        [ENDORSEMENT_POLICY_FAILURE, VALID],
        [VALID],
        [VALID, VALID],
        [ENDORSEMENT_POLICY_FAILURE],
        [ENDORSEMENT_POLICY_FAILURE, VALID],
        [VALID],
      ]);
    },
  );

  test("judges by the policies of the configuration in force, with the definitions as they were", async () => {
    const { config, ledger, committer } = await new Disk().open();
    const [defined, before, after] = await chainOf(
      [await definition("by reference")],
      [await call("a")],
      [await call("b")],
    );
    for (const block of [defined!, before!]) await committer.store(block);
    config.replace(endorsedByAny(config.current()));
    await committer.store(after!);
    const codes = await Promise.all([2, 3].map(async (n) => filterOf(await ledger.read(n))));
    expect(codes.flat()).toEqual([
      TxValidationCode.ENDORSEMENT_POLICY_FAILURE,
      TxValidationCode.VALID,
    ]);
  });

  test("commits the same hash on two peers, hostile transactions included", async () => {
    const garbage = new Uint8Array([0xff]);
    const creator = sample.org1.client;
    const empty = { creator, endorsers: [], nonce: "e", transaction: () => ({ actions: [] }) };
    const chain = await chainOf(
      [garbage, await sampleTransaction(empty), await transaction("a")],
      [await transaction("b")],
    );
    const hashes: Uint8Array[] = [];
    for (const disk of [new Disk(), new Disk()]) {
      const { ledger, committer } = await disk.open();
      for (const block of chain) await committer.store(block);
      hashes.push(ledger.commitHash);
      await ledger.close();
      hashes.push((await disk.open()).ledger.commitHash);
    }
    expect(new Set(hashes.map(String)).size).toBe(1);
  });

  test("refuses a block that is not the next one, and goes on", async () => {
    const { committer } = await new Disk().open();
    const chain = await chainOf([await transaction("a")], [await transaction("b")]);
    await expect(committer.store(chain[1]!)).rejects.toMatchObject({ code: "out-of-order" });
    await expect(committer.store({ ...chain[0]!, header: undefined })).rejects.toMatchObject({
      code: "out-of-order",
    });
    await committer.store(chain[0]!);
    await committer.store(chain[1]!);
    expect(committer.height).toBe(3);
  });

  test("refuses more blocks at once than it holds", async () => {
    const { committer } = await new Disk().open();
    const chain = await chainOf(...Array.from({ length: BLOCKS_HELD_MAX + 1 }, () => []));
    const stored = chain.slice(0, -1).map((block) => committer.store(block));
    await expect(committer.store(chain.at(-1)!)).rejects.toMatchObject({ code: "too-many-blocks" });
    await Promise.all(stored);
    await committer.store(chain.at(-1)!);
    expect(committer.height).toBe(BLOCKS_HELD_MAX + 2);
  });

  test("judges a block while those before it are being written", async () => {
    const { ledger, config } = await new Disk().open();
    let release: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      release = resolve;
    });
    let given = 0;
    const slow: CommitterLedger = {
      height: 1,
      tip: ledger.tip,
      commit: async (block, codes) => {
        given += 1;
        const committed = ledger.commit(block, codes);
        await disk;
        return committed;
      },
    };
    const committer = committerOf(slow, config);
    const same = await transaction("same");
    const chain = await chainOf([same], [same], [await transaction("other")]);
    const stored = chain.map((block) => committer.store(block));
    await expect.poll(() => given).toBe(3);
    release();
    await Promise.all(stored);
    expect(filterOf(await ledger.read(2))).toEqual([TxValidationCode.DUPLICATE_TXID]);
    expect(filterOf(await ledger.read(3))).toEqual([TxValidationCode.VALID]);
  });

  test("lets private sets be gathered once the blocks before are committed", async () => {
    const { ledger, config } = await new Disk().open();
    const heights: number[] = [];
    const privateSets: PrivateSetGatherer = {
      gather: async (_block, _codes, earlierCommitted) => {
        await earlierCommitted();
        heights.push(ledger.height);
      },
    };
    const ports = { clock: sampleClock, logger: silentLogger, meter: silentMeter };
    const deps = { ...ports, ledger, config, privateSets };
    const committer = new Committer(deps, { channelId: CHANNEL_ID });
    const chain = await chainOf([await transaction("a")], [await transaction("b")], []);
    await Promise.all(chain.map((block) => committer.store(block)));
    expect(heights).toEqual([1, 2, 3]);
  });

  test("stops for good when the ledger cannot commit", async () => {
    const { ledger, config } = await new Disk().open();
    const failing: CommitterLedger = {
      height: 1,
      tip: ledger.tip,
      commit: () => Promise.reject(new Error("disk full")),
    };
    const committer = committerOf(failing, config);
    const chain = await chainOf([await transaction("a")], [await transaction("b")]);
    const [first, second] = chain.map((block) => committer.store(block));
    await expect(first).rejects.toThrow("disk full");
    await expect(second).rejects.toMatchObject({ code: "halted" });
    await expect(committer.store(chain[0]!)).rejects.toMatchObject({ code: "halted" });
  });
});
