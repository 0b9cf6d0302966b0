import { TxValidationCode } from "../../wire/index.ts";
import { Cursor } from "./cursor.ts";
import type { JudgedBlock, LedgerHistory } from "./ledger-history.ts";
import type { NamespaceChange } from "./read-transaction.ts";
import { ReplayedState } from "./replayed-state.ts";

/** A key that a block wrote. */
export interface WrittenKey {
  readonly namespace: string;
  readonly key: string;
}

/** One block, executed. */
export interface ReplayedBlock {
  readonly judged: JudgedBlock;
  /** Public keys that its valid transactions wrote, each once, the last writer's transaction with it. */
  readonly written: ReadonlyMap<string, WrittenKey & { readonly transaction: number }>;
  /** Whether private data was touched, which the replay does not follow. */
  readonly hasCollections: boolean;
  /** Of the first transaction whose code cannot be right. */
  readonly wrongVerdict: string | undefined;
}

/** Verdicts that follow from the order alone. Others are about signatures and form, and are taken as they are. */
const BY_ORDER: ReadonlySet<number> = new Set([
  TxValidationCode.VALID,
  TxValidationCode.MVCC_READ_CONFLICT,
  TxValidationCode.PHANTOM_READ_CONFLICT,
]);

/**
 * The serial execution of the chain: one transaction after the other, each valid if and only if nothing that it read has
 * changed since. An interpreter of its own, so that it errs differently from the ledger.
 */
export class Replay {
  readonly state: ReplayedState = new ReplayedState();
  readonly #judged: Cursor<JudgedBlock>;
  readonly #blocks: ReplayedBlock[] = [];

  constructor(history: LedgerHistory) {
    this.#judged = new Cursor(history.judged);
  }

  /** By number. Grows. */
  get blocks(): readonly ReplayedBlock[] {
    return this.#blocks;
  }

  /** Executes the blocks whose verdicts are known. */
  advance(): void {
    for (const judged of this.#judged.unread()) this.#blocks.push(this.#execute(judged));
  }

  #execute(judged: JudgedBlock): ReplayedBlock {
    const { number, transactions, filter, peer } = judged;
    const written = new Map<string, WrittenKey & { transaction: number }>();
    let hasCollections = false;
    let wrongVerdict: string | undefined;
    for (const [index, { txId, kind, changes }] of transactions.entries()) {
      const code = filter[index] ?? TxValidationCode.NOT_VALIDATED;
      if (kind !== "endorsed" || !BY_ORDER.has(code)) continue;
      const expected = this.#verdictOn(changes, written);
      if (code !== expected) {
        wrongVerdict ??= `transaction ${index} (${txId}) of block ${number} has code ${code} at ${peer} and must have ${expected}`;
      }
      if (code !== (TxValidationCode.VALID as number)) continue;
      hasCollections ||= changes?.some((change) => change.hasCollections) ?? false;
      this.#apply(changes ?? [], { block: number, transaction: index }, written);
    }
    return { judged, written, hasCollections, wrongVerdict };
  }

  // Fabric: namespace by namespace, in each its reads before its ranges.
  #verdictOn(
    changes: readonly NamespaceChange[] | undefined,
    written: ReadonlyMap<string, WrittenKey>,
  ): number {
    for (const change of changes ?? []) {
      if (!this.#areReadsCurrent(change, written)) return TxValidationCode.MVCC_READ_CONFLICT;
      if (!this.#areRangesCurrent(change)) return TxValidationCode.PHANTOM_READ_CONFLICT;
    }
    return TxValidationCode.VALID;
  }

  // Fabric: a read conflicts with every earlier write of its block, even one that changes nothing.
  #areReadsCurrent(
    { namespace, kv }: NamespaceChange,
    written: ReadonlyMap<string, WrittenKey>,
  ): boolean {
    return kv.reads.every(
      (read) => !written.has(idOf(namespace, read.key)) && this.state.isCurrent(namespace, read),
    );
  }

  // Long results are summed up by hashes, and some are not read to their end: the workload has neither.
  #areRangesCurrent({ namespace, kv }: NamespaceChange): boolean {
    return kv.rangeQueriesInfo.every(({ startKey, endKey, itrExhausted, readsInfo }) => {
      if (!itrExhausted || readsInfo?.$case === "readsMerkleHashes") return true;
      const keys = this.state.keysBetween(namespace, startKey, endKey);
      // A range without rows is recorded without a list.
      const kvReads = readsInfo?.value.kvReads ?? [];
      return (
        keys.length === kvReads.length &&
        kvReads.every(
          (read, index) => read.key === keys[index] && this.state.isCurrent(namespace, read),
        )
      );
    });
  }

  #apply(
    changes: readonly NamespaceChange[],
    at: { readonly block: number; readonly transaction: number },
    written: Map<string, WrittenKey & { transaction: number }>,
  ): void {
    for (const { namespace, kv } of changes) {
      for (const write of kv.writes) {
        this.state.write(namespace, write, at);
        const { key } = write;
        written.set(idOf(namespace, key), { namespace, key, transaction: at.transaction });
      }
    }
  }
}

function idOf(namespace: string, key: string): string {
  return `${namespace}\n${key}`;
}
