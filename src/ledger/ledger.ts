import { assert } from "../kernel/assert.ts";
import { EMPTY_BYTES, equalBytes, toHex } from "../kernel/bytes.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { KvStore } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import {
  type Block,
  TxValidationCode,
  blockHeaderHash,
  decodeOrderedVarint,
} from "../wire/index.ts";
import { BlockStore } from "./block-store.ts";
import { filterOf, verdictsOf, withVerdicts } from "./block-verdicts.ts";
import {
  type CommitPlan,
  type CommittedTransaction,
  type PlanInput,
  planCommit,
  planReplay,
} from "./commit-plan.ts";
import { type TransactionReading, readTransactions } from "./core/block-reading.ts";
import { commitHash } from "./core/commit-hash.ts";
import { ChannelKeys } from "./core/keys.ts";
import { LostPrivateSets } from "./core/lost-private-sets.ts";
import type { WrittenCollection } from "./core/private-updates.ts";
import { FIRST_SAVEPOINT, type Savepoint, decodeSavepoint } from "./core/savepoint.ts";
import { type TransactionRecord, decodeTransactionRecord } from "./core/transaction-record.ts";
import { LedgerError } from "./errors.ts";
import { HeightWatch } from "./height-watch.ts";
import { LedgerMetrics } from "./metrics.ts";
import {
  type AnnouncedPrivateSet,
  type PrivateSetPlace,
  absentPrivateSets,
  announcedPrivateSets,
  missingPrivateSets,
} from "./private-gaps.ts";
import { type LatePrivateSet, genuineSets, reconciliationBatch } from "./reconciliation.ts";
import { stateBatch } from "./state-batch.ts";
import { type CommittedReader, SnapshotReader, type StateReader } from "./state-reader.ts";
import { StateView } from "./state-view.ts";
import { TxSimulator } from "./tx-simulator.ts";

export interface LedgerDeps {
  readonly files: Files;
  /** Of this channel's block files. */
  readonly directory: string;
  /** The peer's one store; the ledger keeps to keys of its own channel. The host closes it. */
  readonly state: KvStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
  /**
   * Whether this peer may keep private values of a collection, by the definitions in `state`: what it endorsed for others is
   * dropped at the commit. Absent: it keeps all that it has.
   */
  readonly keepsCollection?: (
    state: Pick<StateReader, "getState">,
    namespace: string,
    collection: string,
  ) => boolean;
}

/** A block whose writes can be read. */
export interface CommittedBlock {
  /** With verdicts and commit hash in its metadata. */
  readonly block: Block;
  readonly number: number;
  readonly transactions: readonly CommittedTransaction[];
  /** Empty for block 0. */
  readonly commitHash: Uint8Array;
}

/**
 * A peer's ledger of one channel: the blocks, which are the truth, and the state that follows from them.
 *
 * A commit makes the block durable, then its writes together with a savepoint. After a crash between the two, opening
 * applies the block's writes from the verdicts that it carries. Reads never wait for commits: they see a snapshot.
 */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #channelId: string;
  readonly #keys: ChannelKeys;
  readonly #metrics: LedgerMetrics;
  readonly #watch: HeightWatch;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
  readonly blocks: BlockStore;
  #savepoint: Savepoint;
  #isCommitting = false;
  // Changes of the state, one after the other. Never rejects.
  #lastWrite: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  private constructor(
    deps: LedgerDeps,
    channelId: string,
    blocks: BlockStore,
    savepoint: Savepoint,
  ) {
    this.#deps = deps;
    this.#channelId = channelId;
    this.#keys = new ChannelKeys(channelId);
    this.#metrics = new LedgerMetrics(deps.meter, channelId);
    this.#watch = new HeightWatch(savepoint.height);
    this.blocks = blocks;
    this.#savepoint = savepoint;
  }

  /**
   * Opens or makes the ledger and applies blocks that a crash left unapplied.
   * Throws `LedgerError` ("corrupt", "unsupported-format", "diverged").
   */
  static async open(deps: LedgerDeps, channelId: string): Promise<Ledger> {
    const blocks = await BlockStore.open(deps);
    try {
      const savepoint = readSavepoint(deps.state, new ChannelKeys(channelId));
      const ledger = new Ledger(deps, channelId, blocks, savepoint);
      await ledger.#recover();
      return ledger;
    } catch (error) {
      await blocks.close();
      throw error;
    }
  }

  /** Number of blocks whose writes can be read. */
  get height(): number {
    return this.#watch.height;
  }

  /** Header hash of the newest of them, undefined before the first. */
  get lastBlockHash(): Uint8Array | undefined {
    return this.height === 0 ? undefined : this.#savepoint.blockHash;
  }

  /** Of the newest block; empty before block 1. */
  get commitHash(): Uint8Array {
    return this.#savepoint.commitHash;
  }

  /** The state as it is now, for a transaction to run on. Close it after use. */
  simulate(): TxSimulator {
    return new TxSimulator(this.#deps.state.snapshot(), this.#keys);
  }

  /** The state as it is now, for reading. Close it after use. */
  query(): CommittedReader {
    return new SnapshotReader(this.#deps.state.snapshot(), this.#keys);
  }

  /** Commits block 0, whose transactions are valid by definition: it is what the channel starts from. */
  async commitGenesis(block: Block): Promise<CommittedBlock> {
    assert(this.height === 0, "a ledger begins with block 0");
    const codes = (block.data?.data ?? []).map(() => TxValidationCode.VALID);
    return this.commit(block, codes);
  }

  /**
   * Commits the next block. `codes` has the verdict of the checks so far for each transaction; reads that are no longer
   * current turn VALID into a conflict. Resolves when all of it is durable and readable, and the listeners have been told.
   * `transactions` spares reading the envelopes again. One call at a time.
   * Rejects with `LedgerError` ("wrong-number", "wrong-previous-hash": nothing happened; "store-failed": restart).
   */
  async commit(
    block: Block,
    codes: readonly TxValidationCode[],
    transactions: readonly TransactionReading[] = readTransactions(block),
  ): Promise<CommittedBlock> {
    assert(!this.#isCommitting, "blocks are committed one after the other");
    if (this.#failure !== undefined) throw this.#storeFailed(this.#failure);
    this.#isCommitting = true;
    try {
      return await this.#exclusively(() => this.#commit(block, codes, transactions));
    } finally {
      this.#isCommitting = false;
    }
  }

  /** Where a transaction was committed; the first one where several carry the id. */
  transaction(txId: string): TransactionRecord | undefined {
    const bytes = this.#deps.state.get(this.#keys.transaction(txId));
    return bytes && decodeTransactionRecord(bytes);
  }

  /** Whether a transaction of this id is in any block, valid or not. */
  hasTransaction(txId: string): boolean {
    return this.#deps.state.get(this.#keys.transaction(txId)) !== undefined;
  }

  async blockByTxId(txId: string): Promise<Block | undefined> {
    const record = this.transaction(txId);
    return record && this.read(record.blockNumber);
  }

  /** The block whose header has this hash. */
  async blockByHash(hash: Uint8Array): Promise<Block | undefined> {
    const bytes = this.#deps.state.get(this.#keys.blockHash(hash));
    const number = bytes && decodeOrderedVarint(bytes)?.value;
    return number === undefined ? undefined : this.read(number);
  }

  /** The block, or undefined at or above the height. */
  async read(number: number): Promise<Block | undefined> {
    return number < this.height ? this.blocks.read(number) : undefined;
  }

  /** As `read`, marshalled. */
  async readBytes(number: number): Promise<Uint8Array | undefined> {
    return number < this.height ? this.blocks.readBytes(number) : undefined;
  }

  /** The private write set of a transaction in one collection, as marshalled `KVRWSet`, if this peer has it. */
  privateSet(
    blockNumber: number,
    txNumber: number,
    collection: { readonly namespace: string; readonly collection: string },
  ): Uint8Array | undefined {
    const { namespace, collection: name } = collection;
    return this.#deps.state.get(this.#keys.privateSet(blockNumber, txNumber, namespace, name));
  }

  /** Whether the private write set of a valid transaction was not at hand when it was committed. */
  isPrivateSetMissing(
    blockNumber: number,
    txNumber: number,
    collection: { readonly namespace: string; readonly collection: string },
  ): boolean {
    const { namespace, collection: name } = collection;
    const key = this.#keys.missingPrivateSet(blockNumber, txNumber, namespace, name);
    return this.#deps.state.get(key) !== undefined;
  }

  /** Private sets that the transactions of the next block announce, as far as they are valid, and that are not at hand. */
  absentPrivateSets(
    block: Block,
    codes: readonly TxValidationCode[],
  ): readonly AnnouncedPrivateSet[] {
    const number = block.header?.number ?? 0;
    const announced = announcedPrivateSets(number, readTransactions(block), codes);
    return absentPrivateSets(announced, this.#deps.state, this.#keys);
  }

  /** Private sets that were not at hand at their commit, the newest first; below `before` where it is given. */
  missingPrivateSets(countMax: number, before?: PrivateSetPlace): readonly PrivateSetPlace[] {
    return missingPrivateSets(this.#deps.state, this.#keys, countMax, before);
  }

  /** What a committed block says about private sets of its valid transactions. */
  async announcedPrivateSets(blockNumber: number): Promise<readonly AnnouncedPrivateSet[]> {
    const block = await this.read(blockNumber);
    if (block === undefined) return [];
    const codes = verdictsOf(block)?.codes ?? [];
    return announcedPrivateSets(blockNumber, readTransactions(block), codes);
  }

  /**
   * Keeps private sets that come after their block, and those of their values that nothing has replaced since. A set that is
   * not missing, or whose hash is not the one in the block, is passed over. Resolves with the number kept, durably.
   */
  reconcile(sets: readonly LatePrivateSet[]): Promise<number> {
    return this.#exclusively(async () => {
      if (this.#failure !== undefined) throw this.#storeFailed(this.#failure);
      const { state } = this.#deps;
      const genuine = await genuineSets(sets, this);
      await state.write(reconciliationBatch(genuine, state, this.#keys));
      return genuine.length;
    });
  }

  /** Resolves true once `height` blocks can be read, false when aborted or closed before. */
  waitForHeight(height: number, signal: AbortSignal): Promise<boolean> {
    return this.#watch.waitFor(height, signal);
  }

  /** Calls `listener` with each block once its writes can be read; the result ends that. Listeners must not throw. */
  subscribe(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Closes the block files; the store is the host's. Idempotent. To be called when no commit is under way. */
  async close(): Promise<void> {
    await this.#lastWrite;
    this.#failure ??= new LedgerError("store-failed", "the ledger is closed");
    this.#watch.close();
    this.#listeners.clear();
    await this.blocks.close();
  }

  async #commit(
    block: Block,
    codes: readonly TxValidationCode[],
    transactions: readonly TransactionReading[],
  ): Promise<CommittedBlock> {
    const startMs = this.#now();
    const blockNumber = this.#checkNext(block);
    const { state } = this.#deps;
    const input = { blockNumber, transactions, codes, reader: state, keys: this.#keys };
    const plan = planCommit({ ...input, ...this.#keeping() });
    const savepoint = this.#savepointAfter(block, plan);
    const stored = withVerdicts(block, filterOf(plan.transactions), savepoint.commitHash);
    const plannedMs = this.#now();
    await this.blocks.append(stored);
    const storedMs = this.#now();
    await this.#apply(plan, savepoint);
    const times = {
      processingMs: plannedMs - startMs,
      blockStorageMs: storedMs - plannedMs,
      stateMs: this.#now() - storedMs,
    };
    this.#metrics.committed(savepoint.height, times, plan.transactions);
    this.#deps.logger.info("committed a block", {
      channel: this.#channelId,
      block: blockNumber,
      transactions: transactions.length,
      commitHash: toHex(savepoint.commitHash),
      ...times,
    });
    return this.#announce(stored, plan, savepoint);
  }

  // Fabric: the definitions before the block decide.
  #keeping(): Pick<PlanInput, "isKept"> {
    const { keepsCollection, state } = this.#deps;
    if (keepsCollection === undefined) return {};
    const view = new StateView(state, this.#keys);
    const reader = {
      getState: (namespace: string, key: string) => view.publicEntry(namespace, key)?.value,
    };
    return {
      isKept: (namespace, collection) => keepsCollection(reader, namespace, collection),
    };
  }

  #exclusively<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#lastWrite.then(write);
    this.#lastWrite = done.catch(() => undefined);
    return done;
  }

  #checkNext(block: Block): number {
    const number = block.header?.number;
    if (number === this.height) return number;
    throw new LedgerError(
      "wrong-number",
      `block ${number ?? "without header"} does not follow: expected block ${this.height}`,
      { data: { expected: this.height, block: number } },
    );
  }

  #savepointAfter(block: Block, plan: CommitPlan): Savepoint {
    assert(block.header !== undefined, "the block's number was checked");
    const previous = this.#savepoint.commitHash;
    return {
      height: block.header.number + 1,
      blockHash: blockHeaderHash(block.header),
      // Fabric: the chain of commit hashes begins with block 1.
      commitHash:
        block.header.number === 0
          ? EMPTY_BYTES
          : commitHash(filterOf(plan.transactions), plan.updates, previous),
    };
  }

  async #apply(plan: CommitPlan, savepoint: Savepoint): Promise<void> {
    const { state } = this.#deps;
    try {
      await state.write(stateBatch(plan, savepoint, state, this.#keys));
    } catch (cause) {
      // The block is durable; whether its writes are is for the next start to find out.
      this.#failure = cause;
      throw this.#storeFailed(cause);
    }
    this.#savepoint = savepoint;
    this.#watch.advance(savepoint.height);
  }

  #announce(block: Block, plan: CommitPlan, savepoint: Savepoint): CommittedBlock {
    const committed = {
      block,
      number: savepoint.height - 1,
      transactions: plan.transactions,
      commitHash: savepoint.commitHash,
    };
    for (const listener of this.#listeners) listener(committed);
    return committed;
  }

  async #recover(): Promise<void> {
    await this.#checkTogether();
    if (this.height < this.blocks.height) {
      this.#deps.logger.info("applying blocks that the state does not have yet", {
        channel: this.#channelId,
        first: this.height,
        last: this.blocks.height - 1,
      });
    }
    const lost = new LostPrivateSets();
    while (this.height < this.blocks.height) lost.add(await this.#replay(this.height));
    this.#reportLost(lost);
    this.#metrics.opened(this.height);
  }

  // Blocks hold hashes of private values only. What was waiting in the store when the crash came is not lost.
  #reportLost(lost: LostPrivateSets): void {
    if (lost.count === 0) return;
    this.#deps.logger.warn(
      "this peer lacks private values that the applied blocks wrote: only a backup of the state brings back those of its own organisation",
      { channel: this.#channelId, writeSets: lost.count, collections: lost.collections },
    );
  }

  async #checkTogether(): Promise<void> {
    const { height, blockHash } = this.#savepoint;
    if (height === 0) return;
    const newest = height <= this.blocks.height ? await this.blocks.read(height - 1) : undefined;
    if (newest?.header !== undefined && equalBytes(blockHeaderHash(newest.header), blockHash))
      return;
    throw this.#diverged(height - 1, "the state was made from it, the block files do not have it");
  }

  async #replay(blockNumber: number): Promise<readonly WrittenCollection[]> {
    const block = await this.blocks.read(blockNumber);
    assert(block !== undefined, "a block below the store's height is there");
    const transactions = readTransactions(block);
    const verdicts = verdictsOf(block);
    if (verdicts === undefined) throw this.#diverged(blockNumber, "it carries no verdicts");
    const { codes } = verdicts;
    const { state } = this.#deps;
    const plan = planReplay({ blockNumber, transactions, codes, reader: state, keys: this.#keys });
    const savepoint = this.#savepointAfter(block, plan);
    if (!equalBytes(verdicts.commitHash, savepoint.commitHash)) {
      throw this.#diverged(blockNumber, "its writes give another commit hash than it carries");
    }
    await this.#apply(plan, savepoint);
    return plan.writtenCollections;
  }

  #diverged(block: number, reason: string): LedgerError {
    return new LedgerError(
      "diverged",
      `state and block files of channel ${this.#channelId} do not belong together at block ${block}: ${reason}; restore both from one backup, or delete both to fetch the blocks again`,
      { data: { channel: this.#channelId, block } },
    );
  }

  #storeFailed(cause: unknown): LedgerError {
    return new LedgerError(
      "store-failed",
      `the state of channel ${this.#channelId} could not be stored after block ${this.height}: check the disk's space and health, then restart`,
      { data: { channel: this.#channelId, height: this.height }, cause },
    );
  }

  #now(): number {
    return this.#deps.clock.monotonicMs();
  }
}

function readSavepoint(state: KvStore, keys: ChannelKeys): Savepoint {
  const bytes = state.get(keys.savepoint());
  if (bytes === undefined) return FIRST_SAVEPOINT;
  const savepoint = decodeSavepoint(bytes);
  if (savepoint !== undefined) return savepoint;
  throw new LedgerError(
    "unsupported-format",
    "the state is of a format that this program does not read: open it with the version that wrote it",
    { data: { version: bytes[0] } },
  );
}
