import { sha256 } from "../../crypto/index.ts";
import { EMPTY_BYTES, compareUtf8, utf8 } from "../../kernel/bytes.ts";
import {
  type CollectionHashedReadWriteSet,
  HashedRWSet,
  type KVMetadataEntry,
  type KVMetadataWrite,
  type KVMetadataWriteHash,
  KVRWSet,
  type KVRead,
  type KVReadHash,
  type KVWrite,
  type KVWriteHash,
  type NsPvtReadWriteSet,
  type NsReadWriteSet,
  type RangeQueryInfo,
  TxPvtReadWriteSet,
  TxReadWriteSet,
  TxReadWriteSet_DataModel,
  encode,
} from "../../wire/index.ts";
import type { StateMetadata } from "./state-entry.ts";
import { type StateVersion, versionToWire } from "./version.ts";

/** A namespace that a transaction writes to. */
export interface WrittenNamespace {
  readonly namespace: string;
  /** Whether its public state is written; otherwise only collections are. */
  readonly isPublic: boolean;
  readonly collections: readonly string[];
}

/** What a simulated transaction did, ready to be endorsed. */
export interface SimulationResults {
  /** Marshalled `TxReadWriteSet`. */
  readonly publicBytes: Uint8Array;
  /** Marshalled `TxPvtReadWriteSet`; undefined where nothing private was written. */
  readonly privateBytes: Uint8Array | undefined;
  /** In byte order. */
  readonly writtenNamespaces: readonly WrittenNamespace[];
  /** Collections whose private values were read, in byte order. */
  readonly privateReads: readonly {
    readonly namespace: string;
    readonly collections: readonly string[];
  }[];
}

class CollectionSets {
  readonly reads = new Map<string, KVReadHash>();
  readonly writes = new Map<string, KVWriteHash>();
  readonly metadataWrites = new Map<string, KVMetadataWriteHash>();
  readonly privateWrites = new Map<string, KVWrite>();
  readonly privateMetadataWrites = new Map<string, KVMetadataWrite>();
  isPrivateRead = false;

  get hasPrivateSet(): boolean {
    return this.privateWrites.size + this.privateMetadataWrites.size > 0;
  }
}

class NamespaceSets {
  readonly reads = new Map<string, KVRead>();
  readonly writes = new Map<string, KVWrite>();
  readonly metadataWrites = new Map<string, KVMetadataWrite>();
  readonly rangeQueries = new Map<string, RangeQueryInfo>();
  readonly collections = new Map<string, CollectionSets>();
}

/**
 * Collects what a transaction reads and writes and marshals it in the one form that all endorsers must agree on.
 * Fabric: names and keys in byte order (hashed entries by the raw key), one entry for each key, range queries in the
 * order in which they were begun; a namespace appears as soon as it is touched.
 */
export class ReadWriteSetBuilder {
  readonly #namespaces = new Map<string, NamespaceSets>();

  addRead(namespace: string, key: string, version: StateVersion | undefined): void {
    this.#sets(namespace).reads.set(key, { key, version: versionToWire(version) });
  }

  /** The first of several equal queries is kept. */
  addRangeQuery(namespace: string, query: RangeQueryInfo): void {
    const { rangeQueries } = this.#sets(namespace);
    const id = JSON.stringify([query.startKey, query.endKey, query.itrExhausted]);
    if (!rangeQueries.has(id)) rangeQueries.set(id, query);
  }

  /** An absent or empty value is a delete. */
  addWrite(namespace: string, key: string, value: Uint8Array | undefined): void {
    this.#sets(namespace).writes.set(key, toWrite(key, value));
  }

  addMetadataWrite(namespace: string, key: string, metadata: StateMetadata): void {
    const write = { key, entries: toEntries(metadata) };
    this.#sets(namespace).metadataWrites.set(key, write);
  }

  addHashedRead(
    namespace: string,
    collection: string,
    key: string,
    version: StateVersion | undefined,
  ): void {
    const read = { keyHash: sha256(utf8(key)), version: versionToWire(version) };
    this.#collection(namespace, collection).reads.set(key, read);
  }

  /** Notes that a private value was read, which `addHashedRead` alone does not say. */
  addPrivateRead(namespace: string, collection: string): void {
    this.#collection(namespace, collection).isPrivateRead = true;
  }

  /** An absent or empty value is a delete; `isPurge` makes it one that erases the key's past as well. */
  addPrivateWrite(
    namespace: string,
    collection: string,
    key: string,
    value: Uint8Array | undefined,
    isPurge = false,
  ): void {
    const sets = this.#collection(namespace, collection);
    const write = toWrite(key, value);
    const valueHash = write.isDelete ? EMPTY_BYTES : sha256(write.value);
    const keyHash = sha256(utf8(key));
    sets.privateWrites.set(key, write);
    sets.writes.set(key, { keyHash, isDelete: write.isDelete, valueHash, isPurge });
  }

  /** The private set names the key only: its metadata is public. */
  addPrivateMetadataWrite(
    namespace: string,
    collection: string,
    key: string,
    metadata: StateMetadata,
  ): void {
    const sets = this.#collection(namespace, collection);
    sets.privateMetadataWrites.set(key, { key, entries: [] });
    const keyHash = sha256(utf8(key));
    sets.metadataWrites.set(key, { keyHash, entries: toEntries(metadata) });
  }

  build(): SimulationResults {
    const nsRwset: NsReadWriteSet[] = [];
    const nsPvtRwset: NsPvtReadWriteSet[] = [];
    const writtenNamespaces: WrittenNamespace[] = [];
    const privateReads: { namespace: string; collections: string[] }[] = [];
    for (const [namespace, sets] of sorted(this.#namespaces)) {
      const built = sorted(sets.collections).map(([name, each]) => buildCollection(name, each));
      nsRwset.push({
        namespace,
        rwset: encode(KVRWSet, publicSet(sets)),
        collectionHashedRwset: built.map(({ hashed }) => hashed),
      });
      const collectionPvtRwset = built.flatMap(({ privateSet }) => privateSet ?? []);
      if (collectionPvtRwset.length > 0) nsPvtRwset.push({ namespace, collectionPvtRwset });
      const isPublic = sets.writes.size + sets.metadataWrites.size > 0;
      const collections = collectionPvtRwset.map(({ collectionName }) => collectionName);
      if (isPublic || collections.length > 0) {
        writtenNamespaces.push({ namespace, isPublic, collections });
      }
      const read = sorted(sets.collections).filter(([, { isPrivateRead }]) => isPrivateRead);
      if (read.length > 0)
        privateReads.push({ namespace, collections: read.map(([name]) => name) });
    }
    const dataModel = TxReadWriteSet_DataModel.KV;
    return {
      publicBytes: encode(TxReadWriteSet, { dataModel, nsRwset }),
      privateBytes:
        nsPvtRwset.length === 0 ? undefined : encode(TxPvtReadWriteSet, { dataModel, nsPvtRwset }),
      writtenNamespaces,
      privateReads,
    };
  }

  #sets(namespace: string): NamespaceSets {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const made = new NamespaceSets();
    this.#namespaces.set(namespace, made);
    return made;
  }

  #collection(namespace: string, collection: string): CollectionSets {
    const { collections } = this.#sets(namespace);
    const known = collections.get(collection);
    if (known !== undefined) return known;
    const made = new CollectionSets();
    collections.set(collection, made);
    return made;
  }
}

function publicSet(sets: NamespaceSets): KVRWSet {
  return {
    reads: sortedValues(sets.reads),
    rangeQueriesInfo: [...sets.rangeQueries.values()],
    writes: sortedValues(sets.writes),
    metadataWrites: sortedValues(sets.metadataWrites),
  };
}

function buildCollection(
  collectionName: string,
  sets: CollectionSets,
): {
  readonly hashed: CollectionHashedReadWriteSet;
  readonly privateSet: NsPvtReadWriteSet["collectionPvtRwset"][number] | undefined;
} {
  const hashedRwset = encode(HashedRWSet, {
    hashedReads: sortedValues(sets.reads),
    hashedWrites: sortedValues(sets.writes),
    metadataWrites: sortedValues(sets.metadataWrites),
  });
  if (!sets.hasPrivateSet) {
    return {
      hashed: { collectionName, hashedRwset, pvtRwsetHash: EMPTY_BYTES },
      privateSet: undefined,
    };
  }
  const rwset = encode(KVRWSet, {
    reads: [],
    rangeQueriesInfo: [],
    writes: sortedValues(sets.privateWrites),
    metadataWrites: sortedValues(sets.privateMetadataWrites),
  });
  return {
    hashed: { collectionName, hashedRwset, pvtRwsetHash: sha256(rwset) },
    privateSet: { collectionName, rwset },
  };
}

function toWrite(key: string, value: Uint8Array = EMPTY_BYTES): KVWrite {
  return { key, isDelete: value.length === 0, value };
}

function toEntries(metadata: StateMetadata): KVMetadataEntry[] {
  return sorted(metadata).map(([name, value]) => ({ name, value }));
}

function sorted<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].sort(([a], [b]) => compareUtf8(a, b));
}

function sortedValues<V>(map: ReadonlyMap<string, V>): V[] {
  return sorted(map).map(([, value]) => value);
}
