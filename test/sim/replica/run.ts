import { deepEqual, equal } from "node:assert/strict";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import {
  Block,
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  blockHeaderHash,
  create,
  decode,
  encode,
  openEnvelope,
  transactionId,
} from "../../../src/wire/index.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { SimulatedNetwork } from "./network.ts";
import { SimulatedOrderer } from "./simulated-orderer.ts";

const CHAOS_MS = 6_000;
const HEALED_MS = 10_000;
const DAY_MS = 86_400_000;
const CALM = { lostPerMille: 0, repeatedPerMille: 0, delayMsMax: 5 };

/** What one run did, for its author to see that it did something. */
export interface RunReport {
  readonly acknowledged: number;
  readonly refused: number;
  /** Envelopes sent of transactions that had been sent before: to others, again, or signed anew. */
  readonly repeated: number;
  readonly crashes: number;
  readonly blocks: number;
  /** Highest entry that a snapshot stands for at the end. */
  readonly snapshotIndex: number;
  /** Times that an orderer was brought forward by a leader's snapshot. */
  readonly restores: number;
  /** Orderers that lost their log, 0 or 1. */
  readonly damaged: number;
  /** Header hash of the newest block: equal for equal seeds. */
  readonly tip: string;
}

export interface RunOptions {
  /** Flushes below this directory say that they flushed and did not. */
  readonly lyingDirectory?: string;
  /** The time of day jumps back and forth by up to a day. */
  readonly jumpsClock?: boolean;
}

/** What was acknowledged is not where it was said to be, or is there twice. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
  readonly lostCount: number;
  readonly doubledCount: number;

  constructor(lostCount: number, doubledCount: number) {
    super(`${lostCount} acknowledged envelopes are lost, ${doubledCount} are ordered twice`);
    this.lostCount = lostCount;
    this.doubledCount = doubledCount;
  }
}

/** Three orderers, clients and a nemesis, from one seed. Throws on the first promise that is broken. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunReport> {
  const run = new Run(seed, options);
  return run.play();
}

class Run {
  readonly #random: SeededRandom;
  readonly #time = new SimulatedTime();
  readonly #network: SimulatedNetwork;
  readonly #orderers: readonly SimulatedOrderer[];
  readonly #acknowledged = new Map<string, number>();
  #refused = 0;
  #waiting = 0;
  readonly #sent: Transaction[] = [];
  #repeated = 0;
  #crashes = 0;
  #damaged = 0;
  readonly #mayNotDamage: boolean;
  readonly #jumps: SeededRandom | undefined;

  constructor(seed: number, { lyingDirectory, jumpsClock = false }: RunOptions) {
    this.#random = new SeededRandom(seed);
    // Its own dice: a run with jumps is otherwise the run without.
    if (jumpsClock) this.#jumps = new SeededRandom(seed + 2);
    this.#mayNotDamage = lyingDirectory !== undefined;
    this.#network = new SimulatedNetwork(this.#time, new SeededRandom(seed + 1), {
      lostPerMille: this.#random.below(80),
      repeatedPerMille: this.#random.below(50),
      delayMsMax: 1 + this.#random.below(30),
    });
    this.#orderers = [1, 2, 3].map(
      (id) =>
        new SimulatedOrderer(
          id,
          this.#time,
          this.#network,
          new SeededRandom(seed * 10 + id),
          (from, number) => this.#fetch(from, number),
          lyingDirectory,
        ),
    );
  }

  async play(): Promise<RunReport> {
    // Opening waits for simulated flushes.
    await this.#meanwhile(Promise.all(this.#orderers.map((orderer) => orderer.start())));
    for (let untilMs = CHAOS_MS; untilMs > 0;) {
      const stepMs = 5 + this.#random.below(60);
      await this.#time.advance(stepMs);
      untilMs -= stepMs;
      this.#client();
      await this.#nemesis();
      if (this.#jumps !== undefined) {
        this.#time.wallOffsetMs = this.#jumps.below(2 * DAY_MS) - DAY_MS;
      }
    }
    await this.#heal();
    await this.#liveness();
    return this.#check();
  }

  #client(): void {
    for (let count = this.#random.below(4); count > 0; count -= 1) {
      const orderer = this.#orderers[this.#random.below(3)]!;
      if (this.#random.below(3) > 0 || this.#sent.length === 0) this.#orderNew(orderer);
      else this.#orderAgain(orderer);
    }
  }

  #orderNew(orderer: SimulatedOrderer): void {
    const transaction = transactionOf(this.#sent.length, this.#random.below(4) > 0);
    this.#sent.push(transaction);
    this.#order(orderer, transaction, "s");
  }

  // Mostly a late one, as a client would; sometimes a replay. A transaction with an id is the same under another signature.
  #orderAgain(orderer: SimulatedOrderer): void {
    const isLate = this.#random.below(4) > 0;
    const back =
      1 + this.#random.below(isLate ? Math.min(5, this.#sent.length) : this.#sent.length);
    const transaction = this.#sent[this.#sent.length - back]!;
    this.#repeated += 1;
    this.#order(orderer, transaction, transaction.hasId && this.#random.below(2) > 0 ? "t" : "s");
  }

  #order(orderer: SimulatedOrderer, { name, payload }: Transaction, signature: string): void {
    this.#waiting += 1;
    void orderer.order({ payload, signature: utf8(signature) }).then((result) => {
      this.#waiting -= 1;
      if (result.kind === "unavailable") this.#refused += 1;
      else {
        const known = this.#acknowledged.get(name) ?? result.blockNumber;
        equal(
          result.blockNumber,
          known,
          `${name} is in two blocks, ${result.blockNumber} and ${known}`,
        );
        this.#acknowledged.set(name, result.blockNumber);
      }
    });
  }

  async #nemesis(): Promise<void> {
    const orderer = this.#orderers[this.#random.below(3)]!;
    switch (this.#random.below(14)) {
      case 0:
        if (orderer.isUp) this.#crash(orderer);
        return;
      case 1: {
        // The leader, if there is one.
        const leader = this.#orderers.find((each) => each.isLeader);
        if (leader !== undefined) this.#crash(leader);
        return;
      }
      case 2:
      case 3:
      case 4:
        await this.#restartAll();
        return;
      case 5:
        this.#network.cut(orderer.id, 1 + this.#random.below(3));
        return;
      case 6:
        for (const other of this.#orderers) {
          this.#network.cut(orderer.id, other.id);
          this.#network.cut(other.id, orderer.id);
        }
        return;
      case 7:
      case 8:
        this.#network.heal();
        return;
      case 9: {
        // Of three, two must know what they promised.
        const victim = this.#orderers.find((each) => !each.isUp);
        if (victim === undefined || this.#damaged > 0 || this.#mayNotDamage) return;
        if (await victim.spoilLog()) this.#damaged += 1;
        return;
      }
      case 10:
        // The power goes everywhere at once, now and then.
        if (this.#random.below(3) > 0) return;
        for (const each of this.#orderers) if (each.isUp) this.#crash(each);
    }
  }

  // As a call to another orderer: it must be up, and the ways there and back open.
  async #fetch(from: number, number: number): Promise<Block | undefined> {
    const others = this.#orderers.filter(({ id }) => id !== from);
    const other = others[this.#random.below(others.length)]!;
    const isReachable =
      this.#network.isOpen(from, other.id) && this.#network.isOpen(other.id, from);
    return isReachable && number < other.height ? other.block(number) : undefined;
  }

  #crash(orderer: SimulatedOrderer): void {
    orderer.crash();
    this.#crashes += 1;
  }

  async #restartAll(): Promise<void> {
    const down = this.#orderers.filter((orderer) => !orderer.isUp);
    await this.#meanwhile(Promise.all(down.map((orderer) => orderer.restart())));
  }

  async #heal(): Promise<void> {
    this.#network.heal();
    this.#network.faults = CALM;
    await this.#restartAll();
  }

  // Everybody orders again: every envelope of this phase must be acknowledged, and everyone must be level.
  async #liveness(): Promise<void> {
    await this.#time.advance(HEALED_MS, () => this.#waiting === 0);
    const before = this.#acknowledged.size;
    for (const orderer of this.#orderers)
      for (let count = 0; count < 5; count += 1) this.#orderNew(orderer);
    await this.#time.advance(HEALED_MS, () => this.#waiting === 0);
    equal(this.#waiting, 0, "every envelope is answered in the end");
    equal(this.#acknowledged.size - before, 15, "every envelope is taken when nothing fails");
    await this.#time.advance(HEALED_MS, () => this.#isLevel());
    const heights = this.#orderers.map((orderer) => orderer.height).join(", ");
    equal(this.#isLevel(), true, `heights are ${heights} in the end`);
  }

  #isLevel(): boolean {
    return new Set(this.#orderers.map((orderer) => orderer.height)).size === 1;
  }

  async #check(): Promise<RunReport> {
    const chains = await Promise.all(this.#orderers.map((orderer) => chainOf(orderer)));
    const [first] = chains;
    for (const chain of chains)
      deepEqual(chain.hashes, first!.hashes, "the orderers' chains differ");
    const lost = [...this.#acknowledged].filter(
      ([name, blockNumber]) => first!.places.get(name) !== blockNumber,
    );
    if (lost.length > 0 || first!.duplicates.length > 0) {
      throw new BrokenPromise(lost.length, first!.duplicates.length);
    }
    return {
      acknowledged: this.#acknowledged.size,
      refused: this.#refused,
      repeated: this.#repeated,
      crashes: this.#crashes,
      blocks: first!.hashes.length,
      snapshotIndex: Math.max(...this.#orderers.map((orderer) => orderer.snapshotIndex)),
      restores: this.#orderers.reduce((sum, orderer) => sum + orderer.restoreCount, 0),
      damaged: this.#damaged,
      tip: first!.hashes.at(-1)!,
    };
  }

  async #meanwhile(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    let failure: { readonly error: unknown } | undefined;
    void work
      .catch((error: unknown) => {
        failure = { error };
      })
      .then(() => {
        isDone = true;
      });
    await this.#time.advance(10_000, () => isDone);
    if (failure !== undefined) throw failure.error;
    equal(isDone, true, "what is waited for happens");
  }
}

interface Transaction {
  readonly name: string;
  readonly payload: Uint8Array;
  /** Known by its id, not only by its bytes. */
  readonly hasId: boolean;
}

function transactionOf(number: number, hasId: boolean): Transaction {
  const name = `transaction ${number}`;
  const nonce = utf8(name);
  const creator = utf8("client");
  const type = hasId ? HeaderType.ENDORSER_TRANSACTION : HeaderType.MESSAGE;
  const txId = transactionId(nonce, creator);
  const channelHeader = encode(ChannelHeader, create(ChannelHeader, { type, txId }));
  const signatureHeader = encode(SignatureHeader, { creator, nonce });
  const payload = encode(Payload, { header: { channelHeader, signatureHeader }, data: nonce });
  return { name, payload, hasId };
}

interface Chain {
  readonly hashes: readonly string[];
  readonly places: ReadonlyMap<string, number>;
  readonly duplicates: readonly string[];
}

async function chainOf(orderer: SimulatedOrderer): Promise<Chain> {
  const hashes: string[] = [];
  const places = new Map<string, number>();
  const duplicates: string[] = [];
  for (let number = 0; number < orderer.height; number += 1) {
    const block = decode(Block, encode(Block, (await orderer.block(number))!));
    hashes.push(toHex(blockHeaderHash(block.header!)));
    if (number === 0) continue;
    equal(toHex(block.header!.previousHash), hashes[number - 1]);
    for (const bytes of block.data!.data) {
      const name = nameOf(bytes);
      if (places.has(name)) duplicates.push(name);
      places.set(name, number);
    }
  }
  return { hashes, places, duplicates };
}

function nameOf(envelope: Uint8Array): string {
  const reading = openEnvelope(envelope);
  return reading.kind === "opened"
    ? new TextDecoder().decode(reading.opened.payload.data)
    : "malformed";
}
