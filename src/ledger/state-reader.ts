import { sha256 } from "../crypto/index.ts";
import { utf8 } from "../kernel/bytes.ts";
import type { KvSnapshot } from "../kernel/ports/kv-store.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { type StateMetadata, readMetadata } from "./core/state-entry.ts";
import { type StateVersion, isSameVersion } from "./core/version.ts";
import { LedgerError } from "./errors.ts";
import { RangeIterator, type RangeOptions } from "./range-iterator.ts";
import { StateView } from "./state-view.ts";

/** Reads of one moment's state; nothing is recorded. Values may be kept and must not be changed. Close it after use. */
export interface StateReader {
  getState(namespace: string, key: string): Uint8Array | undefined;
  /** Empty for a key without metadata or without value. */
  getStateMetadata(namespace: string, key: string): StateMetadata;
  /**
   * Throws `LedgerError` ("private-data-mismatch") where this peer does not hold the value whose hash is committed.
   */
  getPrivateData(namespace: string, collection: string, key: string): Uint8Array | undefined;
  /** SHA-256 of the private value. */
  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array | undefined;
  getPrivateDataMetadata(namespace: string, collection: string, key: string): StateMetadata;
  /** `start <= key < end` in byte order; an empty `end` is open. */
  range(namespace: string, start: string, end: string, options?: RangeOptions): RangeIterator;
  /** As `range` over the private values that this peer holds. */
  privateRange(namespace: string, collection: string, start: string, end: string): RangeIterator;
  /** Idempotent. An open reader pins the store's space. */
  close(): void;
}

/** Reads for validation, which knows private keys by their hashes only. */
export interface CommittedReader extends StateReader {
  /** As `getPrivateDataMetadata`, by SHA-256 of the key. */
  getPrivateDataMetadataByHash(
    namespace: string,
    collection: string,
    keyHash: Uint8Array,
  ): StateMetadata;
}

/** `CommittedReader` on a snapshot of the store, which it owns. */
export class SnapshotReader implements CommittedReader {
  readonly #snapshot: KvSnapshot;
  readonly #view: StateView;

  constructor(snapshot: KvSnapshot, keys: ChannelKeys) {
    this.#snapshot = snapshot;
    this.#view = new StateView(snapshot, keys);
  }

  getState(namespace: string, key: string): Uint8Array | undefined {
    return this.#view.publicEntry(namespace, key)?.value;
  }

  getStateMetadata(namespace: string, key: string): StateMetadata {
    const entry = this.#view.publicEntry(namespace, key);
    return entry === undefined ? new Map() : readMetadata(entry.metadata);
  }

  getPrivateData(namespace: string, collection: string, key: string): Uint8Array | undefined {
    return readPrivate(this.#view, namespace, collection, key)?.value;
  }

  getPrivateDataHash(namespace: string, collection: string, key: string): Uint8Array | undefined {
    return this.#view.hashedEntry(namespace, collection, sha256(utf8(key)))?.value;
  }

  getPrivateDataMetadata(namespace: string, collection: string, key: string): StateMetadata {
    return this.getPrivateDataMetadataByHash(namespace, collection, sha256(utf8(key)));
  }

  getPrivateDataMetadataByHash(
    namespace: string,
    collection: string,
    keyHash: Uint8Array,
  ): StateMetadata {
    const entry = this.#view.hashedEntry(namespace, collection, keyHash);
    return entry === undefined ? new Map() : readMetadata(entry.metadata);
  }

  range(namespace: string, start: string, end: string, options: RangeOptions = {}): RangeIterator {
    return new RangeIterator(this.#view.publicRows(namespace, start, end), end, options);
  }

  privateRange(namespace: string, collection: string, start: string, end: string): RangeIterator {
    return new RangeIterator(this.#view.privateRows(namespace, collection, start, end), end);
  }

  close(): void {
    this.#snapshot.close();
  }
}

/** The private value that belongs to the committed hash, or undefined where neither exists. */
export function readPrivate(
  view: StateView,
  namespace: string,
  collection: string,
  key: string,
): { readonly version: StateVersion; readonly value: Uint8Array } | undefined {
  const entry = view.privateEntry(namespace, collection, key);
  const hashVersion = view.hashedEntry(namespace, collection, sha256(utf8(key)))?.version;
  if (isSameVersion(hashVersion, entry?.version)) return entry;
  // The text is Fabric's: clients match on it.
  throw new LedgerError(
    "private-data-mismatch",
    `private data matching public hash version is not available. Public hash version = ${textOf(hashVersion)}, Private data version = ${textOf(entry?.version)}`,
    { data: { namespace, collection } },
  );
}

function textOf(version: StateVersion | undefined): string {
  if (version === undefined) return "<nil>";
  return `{BlockNum: ${version.blockNumber}, TxNum: ${version.txNumber}}`;
}
