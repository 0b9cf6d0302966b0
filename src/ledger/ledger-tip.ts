import { assert } from "../kernel/assert.ts";
import { EMPTY_BYTES, equalBytes } from "../kernel/bytes.ts";
import type { KvReader, KvSnapshot, KvWrite } from "../kernel/ports/kv-store.ts";
import { type Block, type TxValidationCode, blockHeaderHash } from "../wire/index.ts";
import { filterOf, verdictsOf, withVerdicts } from "./block-verdicts.ts";
import { type CommitPlan, type PlanInput, planCommit, planReplay } from "./commit-plan.ts";
import { type TransactionReading, readTransactions } from "./core/block-reading.ts";
import { commitHash } from "./core/commit-hash.ts";
import type { ChannelKeys } from "./core/keys.ts";
import type { Savepoint } from "./core/savepoint.ts";
import { LedgerError } from "./errors.ts";
import { type NamespaceVersion, NamespaceVersions } from "./namespace-versions.ts";
import { PendingWrites } from "./pending-writes.ts";
import { stateBatch } from "./state-batch.ts";
import { type CommittedReader, SnapshotReader, type StateReader } from "./state-reader.ts";
import { StateView } from "./state-view.ts";

/**
 * Whether this peer may keep private values of a collection, by the definitions in `state`: what it endorsed for others is
 * dropped at the commit.
 */
export type CollectionKeeping = (
  state: Pick<StateReader, "getState">,
  namespace: string,
  collection: string,
) => boolean;

/** A block whose outcome is settled and which is to be written. */
export interface PlannedBlock {
  /** With verdicts and commit hash in its metadata. */
  readonly stored: Block;
  readonly plan: CommitPlan;
  readonly savepoint: Savepoint;
  readonly writes: readonly KvWrite[];
}

/** Where a ledger will be once all that it has been given is written: each block is judged by those before it, durable or not. */
export class LedgerTip {
  readonly #keys: ChannelKeys;
  readonly #keepsCollection: CollectionKeeping | undefined;
  readonly #state: PendingWrites;
  readonly #versions = new NamespaceVersions();
  #savepoint: Savepoint;

  constructor(
    deps: { readonly state: KvReader; readonly keepsCollection?: CollectionKeeping | undefined },
    keys: ChannelKeys,
    savepoint: Savepoint,
  ) {
    this.#keys = keys;
    this.#keepsCollection = deps.keepsCollection;
    this.#state = new PendingWrites(deps.state);
    this.#savepoint = savepoint;
  }

  /** Of the newest block that was planned. */
  get savepoint(): Savepoint {
    return this.#savepoint;
  }

  get state(): KvReader {
    return this.#state;
  }

  /** Whether a transaction of this id is in any block, valid or not. */
  hasTransaction(txId: string): boolean {
    return this.#state.get(this.#keys.transaction(txId)) !== undefined;
  }

  /** The state, for reading at once: before the next block is planned or written. */
  query(): CommittedReader {
    const reader: KvSnapshot = {
      get: (key) => this.#state.get(key),
      range: (range) => this.#state.range(range),
      close: () => undefined,
    };
    return new SnapshotReader(reader, this.#keys);
  }

  /** Of what `query` shows. */
  versionOf(namespace: string): NamespaceVersion {
    return this.#versions.of(namespace);
  }

  /** Plans the next block. Throws `LedgerError` ("wrong-number", "wrong-previous-hash") and then has changed nothing. */
  commit(
    block: Block,
    codes: readonly TxValidationCode[],
    transactions: readonly TransactionReading[],
  ): PlannedBlock {
    this.#checkNext(block);
    const plan = planCommit({ ...this.#input(block, codes, transactions), ...this.#keeping() });
    return this.#planned(block, plan);
  }

  /** As `commit`, by the verdicts that the block carries; undefined where it carries none. Its commit hash is not compared. */
  replay(block: Block): (PlannedBlock & { readonly carriedHash: Uint8Array }) | undefined {
    const verdicts = verdictsOf(block);
    if (verdicts === undefined) return undefined;
    const input = this.#input(block, verdicts.codes, readTransactions(block));
    const plan = planReplay({ ...input, ...this.#keeping() });
    return { ...this.#planned(block, plan), carriedHash: verdicts.commitHash };
  }

  /** Takes a batch that `make` derives from the state. */
  change(make: (state: KvReader) => readonly KvWrite[]): readonly KvWrite[] {
    const writes = make(this.#state);
    this.#state.add(writes);
    return writes;
  }

  /** The oldest batch is in the store. */
  settle(): void {
    this.#state.settle();
  }

  /** Nothing that has not been settled will be written. */
  reset(savepoint: Savepoint): void {
    this.#state.clear();
    this.#versions.forget();
    this.#savepoint = savepoint;
  }

  #input(
    block: Block,
    codes: readonly TxValidationCode[],
    transactions: readonly TransactionReading[],
  ): PlanInput {
    const { height: blockNumber } = this.#savepoint;
    assert(block.header?.number === blockNumber, "blocks are planned in order");
    return { blockNumber, transactions, codes, reader: this.#state, keys: this.#keys };
  }

  #planned(block: Block, plan: CommitPlan): PlannedBlock {
    const savepoint = this.#savepointAfter(block, plan);
    const stored = withVerdicts(block, filterOf(plan.transactions), savepoint.commitHash);
    const writes = this.change((state) => stateBatch(plan, savepoint, state, this.#keys));
    this.#savepoint = savepoint;
    this.#versions.written(plan.updates.namespaces());
    return { stored, plan, savepoint, writes };
  }

  #checkNext({ header }: Block): void {
    const { height, blockHash } = this.#savepoint;
    if (header?.number !== height) {
      throw new LedgerError(
        "wrong-number",
        `block ${header?.number ?? "without header"} does not follow: expected block ${height}`,
        { data: { expected: height, block: header?.number } },
      );
    }
    if (height > 0 && !equalBytes(header.previousHash, blockHash)) {
      throw new LedgerError(
        "wrong-previous-hash",
        `block ${height} does not continue this chain: its previous hash is not that of block ${height - 1}`,
        { data: { block: height } },
      );
    }
  }

  // Fabric: the definitions before the block decide.
  #keeping(): Pick<PlanInput, "isKept"> {
    const keepsCollection = this.#keepsCollection;
    if (keepsCollection === undefined) return {};
    const view = new StateView(this.#state, this.#keys);
    const reader = {
      getState: (namespace: string, key: string) => view.publicEntry(namespace, key)?.value,
    };
    return {
      isKept: (namespace, collection) => keepsCollection(reader, namespace, collection),
    };
  }

  #savepointAfter({ header }: Block, plan: CommitPlan): Savepoint {
    assert(header !== undefined, "the block's number was checked");
    const previous = this.#savepoint.commitHash;
    return {
      height: header.number + 1,
      blockHash: blockHeaderHash(header),
      // Fabric: the chain of commit hashes begins with block 1.
      commitHash:
        header.number === 0
          ? EMPTY_BYTES
          : commitHash(filterOf(plan.transactions), plan.updates, previous),
    };
  }
}
