import { sha256 } from "../../crypto/index.ts";
import { equalBytes, utf8 } from "../../kernel/bytes.ts";
import type { KVRWSet } from "../../wire/index.ts";
import type { PrivateUpdate } from "./private-updates.ts";
import type { StateEntry } from "./state-entry.ts";
import { isSameVersion } from "./version.ts";

/** The state of one collection as it is now. */
export interface CollectionState {
  readonly namespace: string;
  readonly collection: string;
  hashedEntry(keyHash: Uint8Array): StateEntry | undefined;
  privateEntry(key: string): StateEntry | undefined;
}

/**
 * What a private set that comes after its block changes in the private values. The committed hashes are the truth about the
 * present: a value is taken where it is the one whose hash is committed, and takes on the hash's version; a value that
 * has been overwritten or deleted since is not. So the order in which late sets come does not matter.
 */
export function reconciledUpdates(set: KVRWSet, state: CollectionState): readonly PrivateUpdate[] {
  const values = new Map(
    set.writes.map(({ key, isDelete, value }) => [key, isDelete ? undefined : value]),
  );
  const keys = new Set([...values.keys(), ...set.metadataWrites.map(({ key }) => key)]);
  return [...keys].flatMap((key) => reconciled(key, values.get(key), state) ?? []);
}

function reconciled(
  key: string,
  late: Uint8Array | undefined,
  state: CollectionState,
): PrivateUpdate | undefined {
  const { namespace, collection } = state;
  const place = { namespace, collection, key };
  const hashed = state.hashedEntry(sha256(utf8(key)));
  const held = state.privateEntry(key);
  if (hashed === undefined) {
    return held && { ...place, version: held.version, value: undefined };
  }
  if (held !== undefined && isSameVersion(held.version, hashed.version)) return undefined;
  // Of a key of which only metadata was written, the value that is held gets the new version.
  const value = [late, held?.value].find(
    (each) => each !== undefined && equalBytes(sha256(each), hashed.value),
  );
  return value && { ...place, version: hashed.version, value };
}
