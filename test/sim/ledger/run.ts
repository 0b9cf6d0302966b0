import { concatBytes, toHex, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { markDuplicateIds } from "../../../src/committer/core/duplicate-ids.ts";
import { type Ledger, readTransactions, type TxSimulator } from "../../../src/ledger/index.ts";
import type { Invariant, NetworkView, PeerView } from "../../../src/sim/contracts.ts";
import { CommittedOnce } from "../../../src/sim/invariants/committed-once.ts";
import { LedgerHistory } from "../../../src/sim/invariants/ledger-history.ts";
import { MoneyConserved } from "../../../src/sim/invariants/money-conserved.ts";
import { NeverBack } from "../../../src/sim/invariants/never-back.ts";
import { NoFork } from "../../../src/sim/invariants/no-fork.ts";
import { Replay } from "../../../src/sim/invariants/replay.ts";
import { RightCommitHash } from "../../../src/sim/invariants/right-commit-hash.ts";
import { SameVerdicts } from "../../../src/sim/invariants/same-verdicts.ts";
import { SerialReplay } from "../../../src/sim/invariants/serial-replay.ts";
import { TransactionPlaces } from "../../../src/sim/invariants/transaction-places.ts";
import {
  BANK,
  COUNTER_KEY,
  NOTE_PREFIX,
  accountKey,
} from "../../../src/sim/workload/bank-contract.ts";
import { type Block, TxValidationCode } from "../../../src/wire/index.ts";
import { nextBlock } from "../../unit/ledger/block-builder.ts";
import { LedgerWorld, genesis, simulated } from "../../unit/ledger/ledger-world.ts";
import { SeededRandom } from "../ports/seeded-random.ts";

const BLOCK_COUNT = 30;
const TRANSACTIONS_PER_BLOCK_MAX = 4;
const ACCOUNTS = 4;
const NOTES = 3;
const LONG_NOTE_LENGTH = 3_000;
/** A crash comes within so many steps of the disk, or after the commit. */
const STEPS_TO_CRASH = 9;

/** What one run did, for its author to see that it did something. */
export interface LedgerReport {
  readonly blocks: number;
  readonly crashes: number;
  readonly conflicts: number;
  readonly phantoms: number;
  readonly duplicates: number;
  /** Equal for equal seeds. */
  readonly commitHash: string;
}

/**
 * Two peers' ledgers under crashes with power loss: transactions that read what may be old by now, that come twice, that
 * delete and that query ranges. Throws at the first violation.
 */
export async function runLedger(seed: number): Promise<LedgerReport> {
  const random = new SeededRandom(seed);
  const run = new LedgerRun(random);
  try {
    return await run.play();
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

class LedgerRun {
  readonly #random: SeededRandom;
  readonly #peers: readonly LedgerPeer[];
  readonly #chain: Block[] = [genesis()];
  readonly #history = new LedgerHistory();
  readonly #places = new TransactionPlaces(this.#history);
  readonly #invariants: readonly Invariant[];
  /** Simulated at some height, and in no block yet. */
  #waiting: Uint8Array[] = [];
  #ordered: Uint8Array[] = [];
  #txCount = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#peers = [1, 2].map((number) => new LedgerPeer(`peer${number}`, random));
    const replay = new Replay(this.#history);
    this.#invariants = [
      new NeverBack(),
      new NoFork(this.#history),
      new SameVerdicts(this.#history),
      new CommittedOnce(this.#history),
      new SerialReplay(this.#history, replay),
      new RightCommitHash(this.#history, replay),
      new MoneyConserved(this.#history, replay),
    ];
  }

  async play(): Promise<LedgerReport> {
    for (const peer of this.#peers) await peer.open();
    await this.#commitEverywhere();
    this.#order([this.#simulate(this.#peers[0]!, openAccounts)]);
    await this.#commitEverywhere();
    while (this.#chain.length < BLOCK_COUNT) {
      const size = 1 + this.#random.below(TRANSACTIONS_PER_BLOCK_MAX);
      // What waits longest reads what is oldest.
      while (this.#waiting.length < size + 2) this.#waiting.push(this.#next());
      this.#order(this.#waiting.splice(0, size));
      // Else the next block comes before this one is anywhere.
      if (this.#random.below(3) > 0) await this.#commitEverywhere();
    }
    await this.#commitEverywhere();
    this.#mustHold((invariant, view) => invariant.atEnd?.(view));
    for (const peer of this.#peers) await peer.checkIndexes(this.#history, this.#places);
    return this.#report();
  }

  #report(): LedgerReport {
    const codes = this.#history.judged.flatMap(({ filter }) => [...filter]);
    const count = (wanted: number): number => codes.filter((code) => code === wanted).length;
    return {
      blocks: this.#chain.length,
      crashes: this.#peers.reduce((sum, { startCount }) => sum + startCount - 1, 0),
      conflicts: count(TxValidationCode.MVCC_READ_CONFLICT),
      phantoms: count(TxValidationCode.PHANTOM_READ_CONFLICT),
      duplicates: count(TxValidationCode.DUPLICATE_TXID),
      commitHash: toHex(this.#peers[0]!.ledger.commitHash),
    };
  }

  #next(): Uint8Array {
    const peer = this.#peers[this.#random.below(this.#peers.length)]!;
    const isAgain = this.#ordered.length > 0 && this.#random.below(8) === 0;
    // A copy of what is ordered already, or of what may share its block.
    const copied = this.#random.below(2) === 0 ? this.#ordered : this.#waiting;
    if (isAgain && copied.length > 0) return copied[this.#random.below(copied.length)]!;
    return this.#simulate(peer, (simulator) => {
      this.#draw(simulator);
    });
  }

  #draw(simulator: TxSimulator): void {
    const random = this.#random;
    const note = `${NOTE_PREFIX}${random.below(NOTES)}`;
    const from = accountKey(random.below(ACCOUNTS));
    const to = accountKey(random.below(ACCOUNTS));
    switch (random.below(7)) {
      case 0:
        simulator.deleteState(BANK, note);
        return;
      case 1:
        simulator.putState(BANK, note, utf8(`${this.#txCount}`.padEnd(this.#noteLength())));
        return;
      case 2: {
        const count = simulator.getState(BANK, COUNTER_KEY);
        simulator.putState(BANK, COUNTER_KEY, utf8(`${Number(count && utf8Decode(count)) + 1}`));
        return;
      }
      case 3:
        sumUp(simulator);
        return;
      default:
        if (from !== to) transfer(simulator, from, to, 1 + random.below(5));
    }
  }

  // Some blocks are larger than the sectors in which a disk writes.
  #noteLength(): number {
    return this.#txCount % 2 === 0 ? LONG_NOTE_LENGTH : 0;
  }

  #simulate(peer: LedgerPeer, run: (simulator: TxSimulator) => void): Uint8Array {
    this.#txCount += 1;
    return simulated(peer.ledger, `tx${this.#txCount}`, run).envelope;
  }

  #order(envelopes: readonly Uint8Array[]): void {
    this.#ordered.push(...envelopes);
    this.#chain.push(nextBlock(this.#chain.at(-1), envelopes));
  }

  async #commitEverywhere(): Promise<void> {
    for (const peer of this.#peers) {
      await peer.catchUp(this.#chain, () => {
        this.#mustHold((invariant, view) => invariant.check(view));
      });
    }
  }

  #mustHold(opinion: (invariant: Invariant, view: NetworkView) => string | undefined): void {
    const view = { atMs: 0, orderers: [], peers: this.#peers, queues: [] };
    for (const invariant of this.#invariants) {
      const violation = opinion(invariant, view);
      if (violation !== undefined) throw new Error(`${invariant.name}: ${violation}`);
    }
  }
}

/** One peer's ledger, which dies and comes back. */
class LedgerPeer implements PeerView {
  readonly name: string;
  readonly mspId = "Org1MSP";
  readonly isUp = true;
  readonly ledgersLost = 0;
  readonly seenAtMs = 0;
  readonly livingMembers: readonly string[] = [];
  startCount = 0;
  readonly #world: LedgerWorld;
  readonly #random: SeededRandom;
  #ledger: Ledger | undefined;
  #blocks: Uint8Array[] = [];

  constructor(name: string, random: SeededRandom) {
    this.name = name;
    this.#random = random;
    this.#world = new LedgerWorld(random.below(2 ** 31));
  }

  get ledger(): Ledger {
    if (this.#ledger === undefined) throw new Error(`${this.name} is not open`);
    return this.#ledger;
  }

  get height(): number {
    return this.ledger.height;
  }

  block(number: number): Uint8Array | undefined {
    return this.#blocks[number];
  }

  state(namespace: string, key: string): Uint8Array | undefined {
    const reader = this.ledger.query();
    const value = reader.getState(namespace, key);
    reader.close();
    return value;
  }

  *stateEntries(namespace: string): Iterable<{ key: string; value: Uint8Array }> {
    const reader = this.ledger.query();
    const rows = reader.range(namespace, "", "");
    for (let row = rows.next(); row !== undefined; row = rows.next()) yield row;
    reader.close();
  }

  privateEntries(): [] {
    return [];
  }

  privateValue(): undefined {
    return undefined;
  }

  async open(): Promise<void> {
    this.startCount += 1;
    this.#ledger = await this.#world.open();
    await this.#readBlocks(0);
  }

  /** Commits what of the chain is missing, through any number of crashes; tells after each commit and each start. */
  async catchUp(chain: readonly Block[], tell: () => void): Promise<void> {
    while (this.height < chain.length) {
      if (this.#random.below(3) === 0) {
        this.#world.faults.crashAfter(1 + this.#random.below(STEPS_TO_CRASH));
      }
      const from = this.height;
      // Some come while those before them are being written.
      const blocks = chain.slice(from, from === 0 ? 1 : from + 1 + this.#random.below(3));
      const isAlive = await this.#commit(blocks);
      if (!isAlive) await this.#restart();
      else await this.#readBlocks(from);
      tell();
    }
  }

  async #commit(blocks: readonly Block[]): Promise<boolean> {
    const commits: Promise<unknown>[] = [];
    for (const block of blocks) {
      if (this.#world.faults.isCrashed) break;
      const codes = block.header?.number === 0 ? [TxValidationCode.VALID] : this.#codesOf(block);
      commits.push(this.ledger.commit(block, codes).catch((error: unknown) => error));
      for (let wait = this.#random.below(60); wait > 0; wait -= 1) await Promise.resolve();
    }
    const failure = (await Promise.all(commits)).find((end) => end instanceof Error);
    const { isCrashed } = this.#world.faults;
    if (failure !== undefined && !isCrashed) throw failure;
    return !isCrashed;
  }

  async #restart(): Promise<void> {
    await this.ledger.close().catch(() => undefined);
    for (;;) {
      this.#world.powerLoss();
      // Starting is not spared either.
      if (this.#random.below(4) === 0) this.#world.faults.crashAfter(1 + this.#random.below(4));
      try {
        await this.open();
        if (!this.#world.faults.isCrashed) return;
      } catch (error) {
        if (!this.#world.faults.isCrashed) throw error;
      }
    }
  }

  #codesOf(block: Block): readonly TxValidationCode[] {
    const judged = readTransactions(block).map(({ txId }) => ({
      txId,
      code: this.ledger.tip.hasTransaction(txId)
        ? TxValidationCode.DUPLICATE_TXID
        : TxValidationCode.VALID,
    }));
    return markDuplicateIds(judged);
  }

  async #readBlocks(from: number): Promise<void> {
    for (let number = from; number < this.height; number += 1) {
      const bytes = await this.ledger.readBytes(number);
      if (bytes === undefined) throw new Error(`${this.name} has no block ${number}`);
      this.#blocks[number] = concatBytes(bytes);
    }
  }

  /** What is looked up by id or by hash is what the chain says. */
  async checkIndexes(history: LedgerHistory, places: TransactionPlaces): Promise<void> {
    places.advance();
    for (const { number, transactions, block } of history.blocks) {
      for (const { txId } of transactions) {
        const place = places.placeOf(txId);
        const record = txId === "" ? undefined : this.ledger.transaction(txId);
        if (record === undefined && txId === "") continue;
        if (record?.blockNumber === place?.block && record?.code === place?.code) continue;
        throw new Error(
          `indexes: ${txId} is in ${record?.blockNumber} with ${record?.code} at ${this.name}`,
        );
      }
      const next = history.blocks[number + 1];
      if (next === undefined) continue;
      const found = await this.ledger.blockByHash(next.block.header.previousHash);
      if (found?.header?.number !== block.header.number) {
        throw new Error(`indexes: the hash of block ${number} leads to ${found?.header?.number}`);
      }
    }
  }
}

function openAccounts(simulator: TxSimulator): void {
  for (let account = 0; account < ACCOUNTS; account += 1) {
    simulator.putState(BANK, accountKey(account), utf8("100"));
  }
}

function transfer(simulator: TxSimulator, from: string, to: string, amount: number): void {
  const source = balance(simulator, from);
  const target = balance(simulator, to);
  if (source < amount) return;
  simulator.putState(BANK, from, utf8(`${source - amount}`));
  simulator.putState(BANK, to, utf8(`${target + amount}`));
}

function balance(simulator: TxSimulator, key: string): number {
  const value = simulator.getState(BANK, key);
  return value === undefined ? 0 : Number(utf8Decode(value));
}

/** Reads all notes and writes how many there are. */
function sumUp(simulator: TxSimulator): void {
  const rows = simulator.range(BANK, NOTE_PREFIX, `${NOTE_PREFIX}~`);
  let count = 0;
  while (rows.next() !== undefined) count += 1;
  simulator.putState(BANK, "notes", utf8(`${count}`));
}
