/** Private data between gossip services over TLS, with real ledgers in memory: a collection of Org1 that Org2 may not read. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  PrivateDistributor,
  PrivateGatherer,
  PrivateReconciler,
  heldSets,
  keepPushedSet,
  type PrivateDataPort,
  type PrivateGathererDeps,
  type PrivateReconcilerDeps,
  type PrivateTerms,
} from "../../../gossip/service/index.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { Ledger, TransientStore } from "../../../src/ledger/index.ts";
import { SerializedIdentity, decode, type Block } from "../../../src/wire/index.ts";
import { nextBlock } from "../../unit/ledger/block-builder.ts";
import { LedgerWorld, allValid, genesis, simulated } from "../../unit/ledger/ledger-world.ts";
import { TestOrganization } from "./material.ts";
import { CHANNEL, startPeer, type TestPeer } from "./peers.ts";

const WAIT = { timeout: 100_000, interval: 20 };
const PLACE = { namespace: "cc", collection: "of-org1" };
const isReader = (serialized: Uint8Array): boolean =>
  decode(SerializedIdentity, serialized).mspid === "Org1MSP";

let organizations: readonly [TestOrganization, TestOrganization];
let peers: PrivatePeer[] = [];
let terms: PrivateTerms = { requiredPeers: 1, maximumPeers: 1, config: undefined };

class PrivatePeer {
  readonly ledger: Ledger;
  readonly transient: TransientStore;
  readonly peer: TestPeer;
  readonly gatherer: PrivateGatherer;
  readonly distributor: PrivateDistributor;
  #reconciler: PrivateReconciler | undefined;

  private constructor(world: LedgerWorld, ledger: Ledger, peer: TestPeer, port: PrivateDataPort) {
    this.ledger = ledger;
    this.transient = world.transient;
    this.peer = peer;
    const exchange = peer.gossip.privateExchange;
    this.distributor = new PrivateDistributor({ exchange, port });
    this.gatherer = new PrivateGatherer(
      { ...this.#deps, transient: world.transient },
      { channelId: CHANNEL },
    );
  }

  /** `forge` changes what this peer serves. */
  static async start(
    name: string,
    organization: TestOrganization,
    forge: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ): Promise<PrivatePeer> {
    const world = new LedgerWorld();
    const keepsCollection = (): boolean => organization.mspId === "Org1MSP";
    const ledger = await world.open({ keepsCollection });
    await ledger.commitGenesis(genesis());
    const holdings = { ledger, transient: world.transient };
    const port: PrivateDataPort = {
      isMember: (_channelId, _place, serialized) => isReader(serialized),
      terms: () => terms,
      keep: (set) => keepPushedSet(holdings, set),
      read: (_channelId, digest) => heldSets(holdings, digest).map(forge),
    };
    const first = peers[0]?.peer.address;
    const anchors = first === undefined ? [] : [{ mspId: "Org1MSP", address: first }];
    const network = { organizations, bootstrap: [], anchors };
    const peer = await startPeer(name, organization, network, {
      ports: { privateData: port },
    });
    const made = new PrivatePeer(world, ledger, peer, port);
    peers.push(made);
    return made;
  }

  get #deps(): PrivateReconcilerDeps & Pick<PrivateGathererDeps, "ledger"> {
    return {
      exchange: this.peer.gossip.privateExchange,
      ledger: this.ledger,
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      logger: silentLogger,
      meter: silentMeter,
      onReconciled: () => undefined,
    };
  }

  /** Simulates a private write; nobody has it yet. */
  write(
    txId: string,
    value: string,
  ): { readonly envelope: Uint8Array; readonly bytes: Uint8Array } {
    const { envelope, privateBytes } = simulated(this.ledger, txId, (s) => {
      s.putPrivateData(PLACE.namespace, PLACE.collection, "k", utf8(value));
    });
    return { envelope, bytes: privateBytes! };
  }

  distribute(txId: string, bytes: Uint8Array): Promise<string | undefined> {
    return this.distributor.distribute({ channelId: CHANNEL, txId, height: 1, bytes });
  }

  async commit(block: Block): Promise<void> {
    await this.gatherer.gather(block, allValid(block), () => Promise.resolve());
    await this.ledger.commit(block, allValid(block));
  }

  reconcile(): void {
    this.#reconciler = new PrivateReconciler(this.#deps, { channelId: CHANNEL, intervalMs: 50 });
  }

  value(): string {
    const reader = this.ledger.query();
    try {
      const value = reader.getPrivateData(PLACE.namespace, PLACE.collection, "k");
      return value === undefined ? "none" : utf8Decode(value);
    } catch (error) {
      return (error as Error).message;
    } finally {
      reader.close();
    }
  }

  async close(): Promise<void> {
    await this.#reconciler?.close();
    await this.peer.close();
    await this.ledger.close();
  }
}

beforeAll(async () => {
  organizations = [
    await TestOrganization.create("Org1MSP"),
    await TestOrganization.create("Org2MSP"),
  ];
});

afterEach(async () => {
  for (const peer of peers) await peer.close();
  peers = [];
  terms = { requiredPeers: 1, maximumPeers: 1, config: undefined };
});

async function network(
  forge?: (bytes: Uint8Array) => Uint8Array,
): Promise<readonly [PrivatePeer, PrivatePeer, PrivatePeer]> {
  const first = await PrivatePeer.start("p1", organizations[0], forge);
  const second = await PrivatePeer.start("p2", organizations[0]);
  const outsider = await PrivatePeer.start("q1", organizations[1]);
  const seen = (): readonly number[] =>
    peers.map(({ peer }) => peer.gossip.members(CHANNEL).length);
  await expect.poll(seen, WAIT).toEqual([3, 3, 3]);
  return [first, second, outsider];
}

async function blockOf(peer: PrivatePeer, ...data: readonly Uint8Array[]): Promise<Block> {
  return nextBlock(await peer.ledger.read(peer.ledger.height - 1), data);
}

const NOT_AVAILABLE = /private data matching public hash version is not available/;

describe("private data", () => {
  test("that one peer endorsed is there at the commit of the other members and nowhere else", async () => {
    const [first, second, outsider] = await network();
    const { envelope, bytes } = first.write("t1", "secret");
    expect(await first.distribute("t1", bytes)).toBeUndefined();
    expect(second.transient.read("t1")).toHaveLength(1);
    expect(outsider.transient.read("t1")).toEqual([]);
    await first.transient.persist("t1", 1, bytes);
    const block = await blockOf(first, envelope);
    for (const each of peers) await each.commit(block);
    expect([first.value(), second.value()]).toEqual(["secret", "secret"]);
    expect(outsider.value()).toMatch(NOT_AVAILABLE);
    expect(outsider.ledger.commitHash).toEqual(first.ledger.commitHash);
  });

  test("that was not pushed is pulled before the commit, from a peer that committed it too", async () => {
    const [first, second] = await network();
    const { envelope, bytes } = first.write("t1", "secret");
    await first.transient.persist("t1", 1, bytes);
    const block = await blockOf(first, envelope);
    await first.commit(block);
    await second.commit(block);
    expect(second.value()).toBe("secret");
    expect(second.transient.read("t1")).toEqual([]);
  });

  test("is not given to a peer whose organisation may not read it", async () => {
    const [first, second, outsider] = await network();
    const { envelope, bytes } = first.write("t1", "secret");
    await first.transient.persist("t1", 1, bytes);
    await first.commit(await blockOf(first, envelope));
    const digest = { ...PLACE, txId: "", blockNumber: 1, txNumber: 0 };
    const [source] = second.peer.gossip.privateExchange.membersOf(CHANNEL, PLACE);
    const ask = (peer: PrivatePeer): Promise<ReadonlyMap<string, unknown> | undefined> =>
      peer.peer.gossip.privateExchange.ask(CHANNEL, source!.peer, [digest]);
    expect((await ask(second))?.size).toBe(1);
    expect((await ask(outsider))?.size).toBe(0);
  });

  test("reaches a peer that was away, and never replaces what is newer", async () => {
    const [first, second, outsider] = await network();
    const blocks: Block[] = [];
    for (const value of ["old", "new"]) {
      const { envelope, bytes } = first.write(value, value);
      await first.transient.persist(value, first.ledger.height, bytes);
      blocks.push(await blockOf(first, envelope));
      await first.commit(blocks.at(-1)!);
    }
    // As a peer that catches up commits.
    for (const block of blocks) {
      await second.ledger.commit(block, allValid(block));
      await outsider.ledger.commit(block, allValid(block));
    }
    expect(second.value()).toMatch(NOT_AVAILABLE);
    second.reconcile();
    outsider.reconcile();
    await expect.poll(() => second.ledger.missingPrivateSets(10), WAIT).toEqual([]);
    expect(second.value()).toBe("new");
    expect(outsider.ledger.missingPrivateSets(10)).toHaveLength(2);
  });

  test("that is forged or that nobody has costs no more than the data", async () => {
    const [first, second] = await network((bytes) => bytes.map((byte) => byte ^ 1));
    const { envelope, bytes } = first.write("t1", "secret");
    await first.transient.persist("t1", 1, bytes);
    const block = await blockOf(first, envelope);
    await first.commit(block);
    const startMs = performance.now();
    await second.commit(block);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(second.value()).toMatch(NOT_AVAILABLE);
    expect(second.ledger.isPrivateSetMissing(1, 0, PLACE)).toBe(true);
    second.reconcile();
    const honest = await PrivatePeer.start("p3", organizations[0]);
    await honest.transient.persist("t1", 1, bytes);
    await honest.commit(block);
    await expect.poll(() => second.value(), WAIT).toBe("secret");
  });

  test("is not endorsed when fewer peers can have it than the collection requires", async () => {
    terms = { requiredPeers: 2, maximumPeers: 3, config: undefined };
    const [first] = await network();
    const { bytes } = first.write("t1", "secret");
    expect(await first.distribute("t1", bytes)).toBe(
      "required to disseminate to at least 2 peers, but know of only 1 eligible peers",
    );
  });

  test("of a committed transaction, or too much of one, is not taken in", async () => {
    const [first, second] = await network();
    const { envelope, bytes } = first.write("t1", "secret");
    const block = await blockOf(first, envelope);
    await second.commit(block);
    expect(await first.distribute("t1", bytes)).toMatch(/acknowledged/);
    expect(second.transient.read("t1")).toEqual([]);
    const answers: boolean[] = [];
    for (let count = 0; count < 30; count += 1) {
      const { bytes: other } = first.write("t2", `secret ${count}`);
      answers.push((await first.distribute("t2", other)) === undefined);
    }
    expect(answers.filter((isTaken) => isTaken)).toHaveLength(28);
  });
});
