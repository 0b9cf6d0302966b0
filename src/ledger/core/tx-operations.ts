import { sha256 } from "../../crypto/index.ts";
import { EMPTY_BYTES, equalBytes, toHex } from "../../kernel/bytes.ts";
import type { KVMetadataEntry, KVWriteHash } from "../../wire/index.ts";
import type { BlockUpdates, Update } from "./block-updates.ts";
import type { CommittedState } from "./committed-state.ts";
import type { ReadWriteSet } from "./read-write-set.ts";
import { marshalMetadata } from "./state-entry.ts";
import type { StateVersion } from "./version.ts";

// Fabric adds these up in one byte for each mention of a key. An honest set mentions a key at most once in its writes and
// once in its metadata writes, where the sum is a set of flags; a crafted one must come out as it does on Fabric's peers.
const UPSERT = 1;
const METADATA_UPDATE = 2;
const METADATA_DELETE = 4;
const DELETE = 8;

const HASH_OF_NOTHING = sha256();

/** Where a key lives: `collection` undefined for public state, where `key` is text; else `keyHash` counts. */
type Place =
  | { readonly kind: "public"; readonly namespace: string; readonly key: string }
  | {
      readonly kind: "hashed";
      readonly namespace: string;
      readonly collection: string;
      readonly keyHash: Uint8Array;
    };

interface Operation {
  readonly place: Place;
  flags: number;
  value: Uint8Array;
  metadata: Uint8Array;
}

/** Adds a valid transaction's writes to the block's, each merged with what the key held before. */
export function applyWrites(
  set: ReadWriteSet,
  version: StateVersion,
  updates: BlockUpdates,
  state: CommittedState,
): void {
  // Merging looks at the block's earlier transactions, so all of this one's operations are settled before any is set.
  const settled: { readonly place: Place; readonly update: Update }[] = [];
  for (const operation of operationsOf(set)) {
    const update = settle(operation, version, updates, state);
    if (update !== undefined) settled.push({ place: operation.place, update });
  }
  for (const { place, update } of settled) {
    if (place.kind === "public") updates.setPublic(place.namespace, place.key, update);
    else updates.setHashed(place.namespace, place.collection, place.keyHash, update);
  }
}

function operationsOf(set: ReadWriteSet): Iterable<Operation> {
  const operations = new Map<string, Operation>();
  const at = (place: Place): Operation => {
    const id = idOf(place);
    const known = operations.get(id);
    if (known !== undefined) return known;
    const made = { place, flags: 0, value: EMPTY_BYTES, metadata: EMPTY_BYTES };
    operations.set(id, made);
    return made;
  };
  for (const { namespace, kv, collections } of set) {
    for (const { key, isDelete, value } of kv.writes) {
      write(at({ kind: "public", namespace, key }), isDelete || value.length === 0, value);
    }
    for (const { key, entries } of kv.metadataWrites) {
      writeMetadata(at({ kind: "public", namespace, key }), entries);
    }
    for (const { collection, hashed } of collections) {
      for (const one of hashed.hashedWrites) {
        const place: Place = { kind: "hashed", namespace, collection, keyHash: one.keyHash };
        write(at(place), isHashedDelete(one), one.valueHash);
      }
      for (const { keyHash, entries } of hashed.metadataWrites) {
        writeMetadata(at({ kind: "hashed", namespace, collection, keyHash }), entries);
      }
    }
  }
  return operations.values();
}

// JSON quotes the parts: no two places share an id, whatever the names contain.
function idOf(place: Place): string {
  return place.kind === "public"
    ? JSON.stringify([place.namespace, place.key])
    : JSON.stringify([place.namespace, place.collection, toHex(place.keyHash)]);
}

/** Fabric: a hashed write without a value, or with the hash of an empty one, is a delete. */
function isHashedDelete(write: KVWriteHash): boolean {
  return (
    write.isDelete || write.valueHash.length === 0 || equalBytes(write.valueHash, HASH_OF_NOTHING)
  );
}

function write(operation: Operation, isDelete: boolean, value: Uint8Array): void {
  mention(operation, isDelete ? DELETE : UPSERT);
  if (!isDelete) operation.value = value;
}

function writeMetadata(operation: Operation, entries: KVMetadataEntry[]): void {
  mention(operation, entries.length === 0 ? METADATA_DELETE : METADATA_UPDATE);
  if (entries.length > 0) operation.metadata = marshalMetadata(entries);
}

function mention(operation: Operation, flag: number): void {
  operation.flags = (operation.flags + flag) & 0xff;
}

/** The key's new state; undefined where the operation has no effect. */
function settle(
  operation: Operation,
  version: StateVersion,
  updates: BlockUpdates,
  state: CommittedState,
): Update | undefined {
  const { flags, value, metadata, place } = operation;
  if (flags & DELETE) return { version, value: undefined, metadata: EMPTY_BYTES };
  const isUpsert = (flags & UPSERT) !== 0;
  if (isUpsert && flags & (METADATA_UPDATE | METADATA_DELETE)) return { version, value, metadata };
  const before = latest(place, updates, state);
  // A write of the value keeps the metadata; a write of the metadata keeps the value, and there must be one.
  if ((flags | UPSERT) === UPSERT) {
    return { version, value, metadata: before?.metadata ?? EMPTY_BYTES };
  }
  return before?.value === undefined ? undefined : { version, value: before.value, metadata };
}

function latest(
  place: Place,
  updates: BlockUpdates,
  state: CommittedState,
): Pick<Update, "value" | "metadata"> | undefined {
  if (place.kind === "public") {
    const { namespace, key } = place;
    return updates.publicUpdate(namespace, key) ?? state.publicEntry(namespace, key);
  }
  const { namespace, collection, keyHash } = place;
  return (
    updates.hashedUpdate(namespace, collection, keyHash) ??
    state.hashedEntry(namespace, collection, keyHash)
  );
}
