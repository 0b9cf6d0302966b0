import { sha256 } from "../crypto/index.ts";
import { assert } from "../kernel/assert.ts";
import { utf8 } from "../kernel/bytes.ts";
import type { KvSnapshot } from "../kernel/ports/kv-store.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { ReadWriteSetBuilder, type SimulationResults } from "./core/read-write-set-builder.ts";
import { type StateEntry, type StateMetadata, readMetadata } from "./core/state-entry.ts";
import { LedgerError } from "./errors.ts";
import { RangeIterator, type RangeOptions, RangeRecorder } from "./range-iterator.ts";
import { type StateReader, readPrivate } from "./state-reader.ts";
import { StateView } from "./state-view.ts";

/** A public range query of a simulation. */
export interface SimulatedRangeOptions extends RangeOptions {
  /** The query is one page of a paginated one: the transaction may only read. `rowsMax` is the page's size. */
  readonly isPage?: boolean;
}

/**
 * One transaction under simulation: reads come from the state of one moment and are recorded, writes are collected.
 * Fabric: a transaction does not see its own writes; the last write to a key counts.
 */
export class TxSimulator implements StateReader {
  readonly #snapshot: KvSnapshot;
  readonly #view: StateView;
  readonly #builder = new ReadWriteSetBuilder();
  readonly #ranges: { readonly namespace: string; readonly recorder: RangeRecorder }[] = [];
  #hasWritten = false;
  #hasQueriedPrivate = false;
  #hasQueriedPage = false;
  #isDone = false;

  /** Owns `snapshot`. */
  constructor(snapshot: KvSnapshot, keys: ChannelKeys) {
    this.#snapshot = snapshot;
    this.#view = new StateView(snapshot, keys);
  }

  getState(namespace: string, key: string): Uint8Array | undefined {
    return this.#readPublic(namespace, key)?.value;
  }

  /** Recorded as a read of the key. */
  getStateMetadata(namespace: string, key: string): StateMetadata {
    const entry = this.#readPublic(namespace, key);
    return entry === undefined ? new Map() : readMetadata(entry.metadata);
  }

  /** An empty value deletes. Throws `LedgerError` ("unsupported-transaction"), as all writes do. */
  putState(namespace: string, key: string, value: Uint8Array): void {
    this.#beginWrite();
    this.#builder.addWrite(namespace, key, value.slice());
  }

  deleteState(namespace: string, key: string): void {
    this.#beginWrite();
    this.#builder.addWrite(namespace, key, undefined);
  }

  /** Replaces all of the key's metadata; none removes it. */
  putStateMetadata(namespace: string, key: string, metadata: StateMetadata): void {
    this.#beginWrite();
    this.#builder.addMetadataWrite(namespace, key, metadata);
  }

  range(
    namespace: string,
    start: string,
    end: string,
    options: SimulatedRangeOptions = {},
  ): RangeIterator {
    if (options.isPage === true) this.#beginPage();
    const recorder = new RangeRecorder(start);
    this.#ranges.push({ namespace, recorder });
    return new RangeIterator(this.#view.publicRows(namespace, start, end), end, options, recorder);
  }

  getPrivateData(namespace: string, collection: string, key: string): Uint8Array | undefined {
    const entry = readPrivate(this.#view, namespace, collection, key);
    this.#builder.addHashedRead(namespace, collection, key, entry?.version);
    this.#builder.addPrivateRead(namespace, collection);
    return entry?.value;
  }

  /** Also for collections whose values this peer may not hold. */
  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array | undefined {
    return this.#readHashed(namespace, collection, key)?.value;
  }

  getPrivateDataMetadata(namespace: string, collection: string, key: string): StateMetadata {
    const entry = this.#readHashed(namespace, collection, key);
    return entry === undefined ? new Map() : readMetadata(entry.metadata);
  }

  putPrivateData(namespace: string, collection: string, key: string, value: Uint8Array): void {
    this.#beginWrite();
    this.#builder.addPrivateWrite(namespace, collection, key, value.slice());
  }

  deletePrivateData(namespace: string, collection: string, key: string): void {
    this.#beginWrite();
    this.#builder.addPrivateWrite(namespace, collection, key, undefined);
  }

  putPrivateDataMetadata(
    namespace: string,
    collection: string,
    key: string,
    metadata: StateMetadata,
  ): void {
    this.#beginWrite();
    this.#builder.addPrivateMetadataWrite(namespace, collection, key, metadata);
  }

  /** Not recorded, so the transaction may only read. */
  privateRange(namespace: string, collection: string, start: string, end: string): RangeIterator {
    this.#refuse(
      this.#hasWritten,
      "Queries on pvt data is supported only in a read-only transaction",
    );
    this.#hasQueriedPrivate = true;
    return new RangeIterator(this.#view.privateRows(namespace, collection, start, end), end);
  }

  /** What was read and written. To be called once; nothing may be read or written afterwards. */
  results(): SimulationResults {
    assert(!this.#isDone, "a simulation has one result");
    this.#isDone = true;
    for (const { namespace, recorder } of this.#ranges) {
      this.#builder.addRangeQuery(namespace, recorder.finish());
    }
    return this.#builder.build();
  }

  close(): void {
    this.#snapshot.close();
  }

  #readPublic(namespace: string, key: string): StateEntry | undefined {
    const entry = this.#view.publicEntry(namespace, key);
    this.#builder.addRead(namespace, key, entry?.version);
    return entry;
  }

  #readHashed(namespace: string, collection: string, key: string): StateEntry | undefined {
    const entry = this.#view.hashedEntry(namespace, collection, sha256(utf8(key)));
    this.#builder.addHashedRead(namespace, collection, key, entry?.version);
    return entry;
  }

  #beginWrite(): void {
    assert(!this.#isDone, "writes come before the result");
    this.#refuse(
      this.#hasQueriedPrivate,
      "Transaction has already performed queries on pvt data. Writes are not allowed",
    );
    this.#refuse(
      this.#hasQueriedPage,
      "Transaction has already performed a paginated query. Writes are not allowed",
    );
    this.#hasWritten = true;
  }

  #beginPage(): void {
    this.#refuse(
      this.#hasWritten,
      "Paginated queries are supported only in a read-only transaction",
    );
    this.#hasQueriedPage = true;
  }

  // Fabric's texts, its spelling included: clients match on them.
  #refuse(isRefused: boolean, reason: string): void {
    if (!isRefused) return;
    throw new LedgerError("unsupported-transaction", `unsuppored transaction. ${reason}`);
  }
}
