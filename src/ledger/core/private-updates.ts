import { sha256 } from "../../crypto/index.ts";
import { equalBytes, utf8 } from "../../kernel/bytes.ts";
import type { BlockUpdates } from "./block-updates.ts";
import type { PrivateSet, ReadWriteSet } from "./read-write-set.ts";
import type { StateEntry } from "./state-entry.ts";
import { type StateVersion, isSameVersion } from "./version.ts";

/** A collection that a valid transaction wrote to: its private set, or undefined where this peer does not have it. */
export interface WrittenCollection {
  readonly version: StateVersion;
  readonly namespace: string;
  readonly collection: string;
  readonly set: PrivateSet | undefined;
}

/** The set of one collection that has this hash. */
export function findPrivateSet(
  sets: readonly PrivateSet[],
  wanted: { readonly namespace: string; readonly collection: string; readonly hash: Uint8Array },
): PrivateSet | undefined {
  return sets.find(
    ({ namespace, collection, bytes }) =>
      namespace === wanted.namespace &&
      collection === wanted.collection &&
      equalBytes(sha256(bytes), wanted.hash),
  );
}

/**
 * Pairs each collection that a transaction wrote to with the set at hand whose hash is the public one. A set of a
 * collection that is not kept here counts as not at hand.
 */
export function matchPrivateSets(
  set: ReadWriteSet,
  version: StateVersion,
  atHand: readonly PrivateSet[],
  isKept: (namespace: string, collection: string) => boolean = () => true,
): readonly WrittenCollection[] {
  const written: WrittenCollection[] = [];
  for (const { namespace, collections } of set) {
    for (const { collection, privateSetHash } of collections) {
      if (privateSetHash.length === 0) continue;
      const wanted = { namespace, collection, hash: privateSetHash };
      const match = isKept(namespace, collection) ? findPrivateSet(atHand, wanted) : undefined;
      written.push({ version, namespace, collection, set: match });
    }
  }
  return written;
}

/** The last word of a block on one private key. */
export interface PrivateUpdate {
  readonly namespace: string;
  readonly collection: string;
  readonly key: string;
  readonly version: StateVersion;
  /** Undefined: the key is deleted. */
  readonly value: Uint8Array | undefined;
}

type PrivateRead = (namespace: string, collection: string, key: string) => StateEntry | undefined;

/**
 * The private values that a block leaves, from the sets at hand in the order of the transactions.
 * Fabric: where only a key's metadata was written, its private value takes on the version of the hash, so that the two
 * still belong together.
 */
export function privateUpdates(
  written: readonly WrittenCollection[],
  updates: BlockUpdates,
  read: PrivateRead,
): readonly PrivateUpdate[] {
  const byPlace = new Map<string, PrivateUpdate>();
  const metadataWritten = new Map<string, Omit<PrivateUpdate, "version" | "value">>();
  for (const { version, namespace, collection, set } of written) {
    for (const { key, isDelete, value } of set?.kv.writes ?? []) {
      const isRemoved = isDelete || value.length === 0;
      const update = { namespace, collection, key, version, value: isRemoved ? undefined : value };
      byPlace.set(idOf(update), update);
    }
    for (const { key } of set?.kv.metadataWrites ?? []) {
      const place = { namespace, collection, key };
      metadataWritten.set(idOf(place), place);
    }
  }
  for (const [id, place] of metadataWritten) {
    const lifted = liftVersion(place, byPlace.get(id), updates, read);
    if (lifted !== undefined) byPlace.set(id, lifted);
  }
  return [...byPlace.values()];
}

function liftVersion(
  place: Omit<PrivateUpdate, "version" | "value">,
  pending: PrivateUpdate | undefined,
  updates: BlockUpdates,
  read: PrivateRead,
): PrivateUpdate | undefined {
  const { namespace, collection, key } = place;
  const hashed = updates.hashedUpdate(namespace, collection, sha256(utf8(key)));
  if (hashed?.value === undefined) return undefined;
  const current = pending ?? read(namespace, collection, key);
  if (current?.value === undefined || isSameVersion(current.version, hashed.version))
    return undefined;
  if (!equalBytes(sha256(current.value), hashed.value)) return undefined;
  return { ...place, version: hashed.version, value: current.value };
}

function idOf(place: Omit<PrivateUpdate, "version" | "value">): string {
  return JSON.stringify([place.namespace, place.collection, place.key]);
}
