import {
  HashedRWSet,
  KVRWSet,
  TxPvtReadWriteSet,
  TxReadWriteSet,
  tryDecode,
} from "../../wire/index.ts";

/** What a transaction read and wrote in one collection; keys and values are SHA-256 hashes. */
export interface CollectionReadsWrites {
  readonly collection: string;
  readonly hashed: HashedRWSet;
  /** SHA-256 of the collection's private `KVRWSet`; empty where nothing was written. */
  readonly privateSetHash: Uint8Array;
}

/** What a transaction read and wrote in one namespace. */
export interface NamespaceReadsWrites {
  readonly namespace: string;
  readonly kv: KVRWSet;
  readonly collections: readonly CollectionReadsWrites[];
}

/** A transaction's namespaces in the order in which it lists them. */
export type ReadWriteSet = readonly NamespaceReadsWrites[];

/** Reads a marshalled `TxReadWriteSet` to its last layer, or answers undefined where any layer is malformed. */
export function parseReadWriteSet(bytes: Uint8Array): ReadWriteSet | undefined {
  const outer = tryDecode(TxReadWriteSet, bytes);
  if (outer === undefined) return undefined;
  const namespaces: NamespaceReadsWrites[] = [];
  for (const { namespace, rwset, collectionHashedRwset } of outer.nsRwset) {
    const kv = tryDecode(KVRWSet, rwset);
    if (kv === undefined) return undefined;
    const collections: CollectionReadsWrites[] = [];
    for (const { collectionName, hashedRwset, pvtRwsetHash } of collectionHashedRwset) {
      const hashed = tryDecode(HashedRWSet, hashedRwset);
      if (hashed === undefined) return undefined;
      collections.push({ collection: collectionName, hashed, privateSetHash: pvtRwsetHash });
    }
    namespaces.push({ namespace, kv, collections });
  }
  return namespaces;
}

/** One collection's part of a private write set, as received and as parsed. */
export interface PrivateSet {
  readonly namespace: string;
  readonly collection: string;
  /** Marshalled `KVRWSet`: what `privateSetHash` is the hash of. */
  readonly bytes: Uint8Array;
  readonly kv: KVRWSet;
}

/** Reads a marshalled `TxPvtReadWriteSet` to its last layer, or answers undefined where any layer is malformed. */
export function parsePrivateSets(bytes: Uint8Array): readonly PrivateSet[] | undefined {
  const outer = tryDecode(TxPvtReadWriteSet, bytes);
  if (outer === undefined) return undefined;
  const sets: PrivateSet[] = [];
  for (const { namespace, collectionPvtRwset } of outer.nsPvtRwset) {
    for (const { collectionName, rwset } of collectionPvtRwset) {
      const kv = tryDecode(KVRWSet, rwset);
      if (kv === undefined) return undefined;
      sets.push({ namespace, collection: collectionName, bytes: rwset, kv });
    }
  }
  return sets;
}
