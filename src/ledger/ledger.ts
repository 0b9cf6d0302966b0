import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { KvStore, KvWrite } from "../kernel/ports/kv-store.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { type Block, TxValidationCode, decodeOrderedVarint } from "../wire/index.ts";
import { BlockLayers } from "./block-layers.ts";
import { BlockStore } from "./block-store.ts";
import { CommitQueue } from "./commit-queue.ts";
import { CommitReports, type CommittedBlock, committedBlock } from "./commit-reports.ts";
import { type TransactionReading, readTransactions } from "./core/block-reading.ts";
import { ChannelKeys } from "./core/keys.ts";
import type { Savepoint } from "./core/savepoint.ts";
import { type TransactionRecord, decodeTransactionRecord } from "./core/transaction-record.ts";
import { LedgerError } from "./errors.ts";
import { HeightWatch } from "./height-watch.ts";
import { type CollectionKeeping, LedgerTip } from "./ledger-tip.ts";
import type { AnnouncedPrivateSet, PrivateSetPlace } from "./private-gaps.ts";
import { type CollectionPlace, PrivateSets } from "./private-sets.ts";
import type { LatePrivateSet } from "./reconciliation.ts";
import { type NamespaceVersion, NamespaceVersions } from "./namespace-versions.ts";
import { readSavepoint, recover } from "./recovery.ts";
import { SpaceWait } from "./space-wait.ts";
import { type CommittedReader, SnapshotReader } from "./state-reader.ts";
import { TxSimulator } from "./tx-simulator.ts";

export interface LedgerDeps {
  readonly files: Files;
  /** Of this channel's block files. */
  readonly directory: string;
  /** The peer's one store; the ledger keeps to keys of its own channel. The host closes it. */
  readonly state: KvStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
  /** Of the blocks that it is given, where others look at them too. Default: its own. */
  readonly layers?: BlockLayers;
  /** Absent: it keeps all that it has. */
  readonly keepsCollection?: CollectionKeeping;
  /** Shown the blocks before those are applied that the state lacks, for what `keepsCollection` must know by then. */
  readonly beforeRecovery?: (blocks: Pick<BlockStore, "height" | "read">) => Promise<void>;
}

/**
 * A peer's ledger of one channel: the blocks, which are the truth, and the state that follows from them.
 *
 * A commit makes the block durable, then its writes together with a savepoint; blocks that come while others are being
 * written share the next two flushes. After a crash between the two, opening applies the blocks' writes from the verdicts
 * that they carry. Reads never wait for commits: they see a snapshot.
 */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #channelId: string;
  readonly #keys: ChannelKeys;
  readonly #reports: CommitReports;
  readonly #watch: HeightWatch;
  readonly #tip: LedgerTip;
  readonly #queue: CommitQueue;
  readonly #privateSets: PrivateSets;
  readonly #layers: BlockLayers;
  // Of the state that can be read.
  readonly #versions = new NamespaceVersions();
  readonly blocks: BlockStore;
  #savepoint: Savepoint;
  #failure: unknown;
  // Absent while it is being opened: who opens it, or begins it, is told at once that the disk is full.
  #space: SpaceWait | undefined;

  private constructor(
    deps: LedgerDeps,
    channelId: string,
    blocks: BlockStore,
    reports: CommitReports,
  ) {
    this.#deps = deps;
    this.#channelId = channelId;
    this.#keys = new ChannelKeys(channelId);
    this.#reports = reports;
    this.blocks = blocks;
    this.#savepoint = readSavepoint(deps.state, this.#keys);
    this.#watch = new HeightWatch(this.#savepoint.height);
    this.#tip = new LedgerTip(deps, this.#keys, this.#savepoint);
    this.#queue = new CommitQueue({
      ...deps,
      blocks,
      state: { write: (batch) => this.#write(batch) },
      onFailed: (cause, isStateUnknown) => this.#failed(cause, isStateUnknown),
    });
    this.#layers = deps.layers ?? new BlockLayers();
    this.#privateSets = new PrivateSets(
      { ...deps, tip: this.#tip, layers: this.#layers, ledger: this },
      this.#keys,
    );
  }

  /**
   * Opens or makes the ledger and applies blocks that a crash left unapplied.
   * Throws `LedgerError` ("corrupt", "unsupported-format", "diverged").
   */
  static async open(deps: LedgerDeps, channelId: string): Promise<Ledger> {
    const reports = new CommitReports(deps, channelId);
    const onFull = (isFull: boolean): void => {
      reports.waitsForSpace(isFull);
    };
    const blocks = await BlockStore.open({ ...deps, onFull });
    try {
      const ledger = new Ledger(deps, channelId, blocks, reports);
      await deps.beforeRecovery?.(blocks);
      await ledger.#recover();
      ledger.#space = new SpaceWait({ ...deps, onFull }, `state of channel ${channelId}`);
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

  /** True while commits wait because the disk is full. */
  get isFull(): boolean {
    return this.blocks.isFull || this.#space?.isWaiting === true;
  }

  /** Header hash of the newest of them, undefined before the first. */
  get lastBlockHash(): Uint8Array | undefined {
    return this.height === 0 ? undefined : this.#savepoint.blockHash;
  }

  /** Of the newest block; empty before block 1. */
  get commitHash(): Uint8Array {
    return this.#savepoint.commitHash;
  }

  /** What the next block is judged by: the blocks that were given to `commit`, durable or not. */
  get tip(): Pick<LedgerTip, "hasTransaction" | "query" | "versionOf"> {
    return this.#tip;
  }

  /** The state as it is now, for a transaction to run on. Close it after use. */
  simulate(): TxSimulator {
    return new TxSimulator(this.#deps.state.snapshot(), this.#keys);
  }

  /** The state as it is now, for reading. Close it after use. */
  query(): CommittedReader {
    return new SnapshotReader(this.#deps.state.snapshot(), this.#keys);
  }

  /**
   * Of the namespace's public state as it can be read now. A block whose writes become readable this very moment may already
   * be seen by `query`, and is not counted yet: for what need not be of one moment.
   */
  versionOf(namespace: string): NamespaceVersion {
    return this.#versions.of(namespace);
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
   * May be called again before that, in order: `tip` has the block's writes when the call returns.
   * `transactions` spares reading the envelopes again. Waits while the disk is full.
   * Rejects with `LedgerError` ("wrong-number", "wrong-previous-hash", "overloaded": nothing happened; "store-failed": neither
   * this block nor one behind it was taken: restart).
   */
  async commit(
    block: Block,
    codes: readonly TxValidationCode[],
    transactions: readonly TransactionReading[] = readTransactions(block, this.#layers.of(block)),
  ): Promise<CommittedBlock> {
    this.#checkOpen();
    const startMs = this.#deps.clock.monotonicMs();
    const planned = this.#tip.commit(block, codes, transactions);
    const processingMs = this.#deps.clock.monotonicMs() - startMs;
    const committed = committedBlock(planned);
    await this.#queue.add({
      block: planned.stored,
      writes: planned.writes,
      onWritten: (times) => {
        this.#versions.written(planned.plan.updates.namespaces());
        this.#written(planned.savepoint);
        this.#reports.committed(committed, { ...times, processingMs });
      },
    });
    return committed;
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
  privateSet(block: number, tx: number, place: CollectionPlace): Uint8Array | undefined {
    return this.#privateSets.read(block, tx, place);
  }

  /** Whether the private write set of a valid transaction was not at hand when it was committed. */
  isPrivateSetMissing(block: number, tx: number, place: CollectionPlace): boolean {
    return this.#privateSets.isMissing(block, tx, place);
  }

  /** Private sets that the transactions of the next block announce, as far as they are valid, and that are not at hand. */
  absentPrivateSets(
    block: Block,
    codes: readonly TxValidationCode[],
  ): readonly AnnouncedPrivateSet[] {
    return this.#privateSets.absent(block, codes);
  }

  /** Private sets that were not at hand at their commit, the newest first; below `before` where it is given. */
  missingPrivateSets(countMax: number, before?: PrivateSetPlace): readonly PrivateSetPlace[] {
    return this.#privateSets.missing(countMax, before);
  }

  /** What a committed block says about private sets of its valid transactions. */
  announcedPrivateSets(blockNumber: number): Promise<readonly AnnouncedPrivateSet[]> {
    return this.#privateSets.announced(blockNumber);
  }

  /**
   * Keeps private sets that come after their block, and those of their values that nothing has replaced since. A set that is
   * not missing, or whose hash is not the one in the block, is passed over. Resolves with the number kept, durably.
   * Rejects as `commit` does.
   */
  async reconcile(sets: readonly LatePrivateSet[]): Promise<number> {
    const genuine = await this.#privateSets.genuine(sets);
    this.#checkOpen();
    const writes = this.#privateSets.reconcile(genuine);
    const onWritten = (): void => {
      this.#tip.settle();
    };
    await this.#queue.add({ writes, onWritten });
    return genuine.length;
  }

  /** Resolves true once `height` blocks can be read, false when aborted or closed before. */
  waitForHeight(height: number, signal: AbortSignal): Promise<boolean> {
    return this.#watch.waitFor(height, signal);
  }

  /**
   * Calls `listener` with each block once its writes can be read, and maybe those of blocks behind it; the result ends that.
   * Listeners must not throw.
   */
  subscribe(listener: (committed: CommittedBlock) => void): () => void {
    return this.#reports.subscribe(listener);
  }

  /** Commits that wait because the disk is full reject, now and from now on. To be called before the end. */
  giveUpOnSpace(): void {
    this.blocks.giveUpOnSpace();
    this.#space?.stop();
  }

  /** Closes the block files; the store is the host's. Idempotent. To be called when no commit is under way. */
  async close(): Promise<void> {
    this.giveUpOnSpace();
    await this.#queue.idle();
    this.#failure ??= new LedgerError("store-failed", "the ledger is closed");
    this.#watch.close();
    this.#reports.close();
    await this.blocks.close();
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#storeFailed(this.#failure);
    if (this.#queue.hasRoom) return;
    throw new LedgerError(
      "overloaded",
      `channel ${this.#channelId} has too many blocks that wait for the disk: commit when they are stored`,
    );
  }

  #write(batch: readonly KvWrite[]): Promise<void> {
    const write = (): Promise<void> => this.#deps.state.write(batch);
    return this.#space === undefined || this.height === 0 ? write() : this.#space.run(write);
  }

  #written(savepoint: Savepoint): void {
    this.#tip.settle();
    this.#savepoint = savepoint;
    this.#watch.advance(savepoint.height);
  }

  async #recover(): Promise<void> {
    await recover({
      ...this.#deps,
      channelId: this.#channelId,
      blocks: this.blocks,
      tip: this.#tip,
      write: ({ writes, savepoint }) => {
        const onWritten = (): void => {
          this.#versions.forget();
          this.#written(savepoint);
        };
        return this.#queue.add({ writes, onWritten });
      },
    });
    this.#reports.opened(this.height);
  }

  // A block may be durable whose writes are not, or may not be: the next start finds out.
  #failed(cause: unknown, isStateUnknown: boolean): unknown {
    this.#tip.reset(this.#savepoint);
    if (!isStateUnknown) return cause;
    this.#failure = cause;
    return this.#storeFailed(cause);
  }

  #storeFailed(cause: unknown): LedgerError {
    return new LedgerError(
      "store-failed",
      `the state of channel ${this.#channelId} could not be stored after block ${this.height}: check the disk's space and health, then restart`,
      { data: { channel: this.#channelId, height: this.height }, cause },
    );
  }
}
