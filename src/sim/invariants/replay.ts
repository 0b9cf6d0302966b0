import { toHex } from "../../kernel/bytes.ts";
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

/** A key, and the last transaction of a block that wrote it. */
export interface WrittenBy extends WrittenKey {
  readonly transaction: number;
}

/** One block, executed. */
export interface ReplayedBlock {
  readonly judged: JudgedBlock;
  /** Public keys that its valid transactions wrote, each once, the last writer's transaction with it. */
  readonly written: ReadonlyMap<string, WrittenBy>;
  /** As `written`, of private data: namespaces are those of `hashedNamespace`, keys are hashes in hex. */
  readonly writtenHashes: ReadonlyMap<string, WrittenBy>;
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
  /** Hashes of private values by hashes of keys, in namespaces as `hashedNamespace` names them. */
  readonly hashes: ReplayedState = new ReplayedState();
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
    const marks: Marks = { written: new Map(), writtenHashes: new Map() };
    let wrongVerdict: string | undefined;
    for (const [index, { txId, kind, changes }] of transactions.entries()) {
      const code = filter[index] ?? TxValidationCode.NOT_VALIDATED;
      if (kind !== "endorsed" || !BY_ORDER.has(code)) continue;
      const expected = this.#verdictOn(changes, marks);
      if (code !== expected) {
        wrongVerdict ??= `transaction ${index} (${txId}) of block ${number} has code ${code} at ${peer} and must have ${expected}`;
      }
      if (code !== (TxValidationCode.VALID as number)) continue;
      this.#apply(changes ?? [], { block: number, transaction: index }, marks);
    }
    return { judged, ...marks, wrongVerdict };
  }

  // Fabric: namespace by namespace, in each its reads before its ranges, and these before its private reads.
  #verdictOn(changes: readonly NamespaceChange[] | undefined, marks: Marks): number {
    for (const change of changes ?? []) {
      if (!this.#areReadsCurrent(change, marks)) return TxValidationCode.MVCC_READ_CONFLICT;
      if (!this.#areRangesCurrent(change)) return TxValidationCode.PHANTOM_READ_CONFLICT;
      if (!this.#areHashesCurrent(change, marks)) return TxValidationCode.MVCC_READ_CONFLICT;
    }
    return TxValidationCode.VALID;
  }

  // Fabric: a read conflicts with every earlier write of its block, even one that changes nothing.
  #areReadsCurrent({ namespace, kv }: NamespaceChange, { written }: Marks): boolean {
    return kv.reads.every(
      (read) => !written.has(idOf(namespace, read.key)) && this.state.isCurrent(namespace, read),
    );
  }

  #areHashesCurrent(
    { namespace, collections }: NamespaceChange,
    { writtenHashes }: Marks,
  ): boolean {
    return collections.every(({ collection, hashed }) => {
      const place = hashedNamespace(namespace, collection);
      return hashed.hashedReads.every(({ keyHash, version }) => {
        const key = toHex(keyHash);
        return (
          !writtenHashes.has(idOf(place, key)) && this.hashes.isCurrent(place, { key, version })
        );
      });
    });
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
    { written, writtenHashes }: Marks,
  ): void {
    const { transaction } = at;
    for (const { namespace, kv, collections } of changes) {
      for (const write of kv.writes) {
        this.state.write(namespace, write, at);
        const { key } = write;
        written.set(idOf(namespace, key), { namespace, key, transaction });
      }
      for (const { collection, hashed } of collections) {
        const place = hashedNamespace(namespace, collection);
        for (const { keyHash, isDelete, valueHash } of hashed.hashedWrites) {
          const key = toHex(keyHash);
          this.hashes.write(place, { key, isDelete, value: valueHash }, at);
          writtenHashes.set(idOf(place, key), { namespace: place, key, transaction });
        }
      }
    }
  }
}

/** What the transactions of a block before the one in question wrote. */
interface Marks {
  readonly written: Map<string, WrittenBy>;
  readonly writtenHashes: Map<string, WrittenBy>;
}

/** Where `Replay.hashes` keeps a collection. Neither name holds a line break. */
export function hashedNamespace(namespace: string, collection: string): string {
  return `${namespace}\n${collection}`;
}

/** Undoes `hashedNamespace`; of public keys, the namespace's name and no collection. */
export function hashedNames(place: string): { readonly name: string; readonly collection: string } {
  const [name = "", collection = ""] = place.split("\n");
  return { name, collection };
}

function idOf(namespace: string, key: string): string {
  return `${namespace}\n${key}`;
}
