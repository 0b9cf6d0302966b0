import { sha256 } from "../../crypto/index.ts";
import { EMPTY_BYTES, utf8 } from "../../kernel/bytes.ts";
import { Updates, type UpdatesKVWrite, encode, encodeUvarint } from "../../wire/index.ts";
import type { BlockUpdates, Update } from "./block-updates.ts";
import { encodeVersion } from "./version.ts";

/**
 * Chains a block's verdicts and writes to those before it: peers that differ in any of them differ in this from then on.
 * Fabric: SHA-256 over the filter's length as uvarint, the filter, the marshalled updates, the previous commit hash.
 */
export function commitHash(
  filter: Uint8Array,
  updates: BlockUpdates,
  previous: Uint8Array,
): Uint8Array {
  return sha256(
    encodeUvarint(filter.length),
    filter,
    encode(Updates, { kvwrites: writes(updates) }),
    previous,
  );
}

// Public writes of a namespace, then those of its collections; a name is given on the first write of its run only.
// The empty namespace holds the channel's configuration, which is not covered.
function writes(updates: BlockUpdates): UpdatesKVWrite[] {
  const all: UpdatesKVWrite[] = [];
  for (const namespace of updates.namespaces()) {
    if (namespace === "") continue;
    const firstOfNamespace = all.length;
    for (const { key, update } of updates.publicUpdates(namespace)) {
      all.push(toWrite(utf8(key), update));
    }
    for (const collection of updates.collections(namespace)) {
      const firstOfCollection = all.length;
      for (const { keyHash, update } of updates.hashedUpdates(namespace, collection)) {
        all.push(toWrite(keyHash, update));
      }
      name(all[firstOfCollection], { collection });
    }
    name(all[firstOfNamespace], { namespace });
  }
  return all;
}

function toWrite(key: Uint8Array, update: Update): UpdatesKVWrite {
  return {
    namespace: "",
    collection: "",
    key,
    isDelete: update.value === undefined,
    value: update.value ?? EMPTY_BYTES,
    versionBytes: encodeVersion(update.version),
  };
}

function name(
  write: UpdatesKVWrite | undefined,
  names: { readonly namespace?: string; readonly collection?: string },
): void {
  if (write !== undefined) Object.assign(write, names);
}
