import { toHex } from "../../kernel/bytes.ts";
import type { NamespaceReadsWrites, ReadWriteSet } from "../../ledger/index.ts";

/** A key that a transaction writes. `collection` is empty for public state; there `key` is text, else the key's hash. */
export type WrittenKey =
  | { readonly collection: ""; readonly key: string }
  | { readonly collection: string; readonly keyHash: Uint8Array };

/** What a transaction writes in one namespace, as far as endorsement policies care. */
export interface NamespaceWrites {
  readonly namespace: string;
  /** In Fabric's order: values then metadata in public, values then metadata of all collections. */
  readonly keys: readonly WrittenKey[];
  /** Those of `keys` whose metadata is written. */
  readonly metadataKeys: readonly WrittenKey[];
}

/** The writes of each namespace of a read-write set, in its order; namespaces that are only read have none. */
export function namespaceWrites(set: ReadWriteSet): readonly NamespaceWrites[] {
  return set.map(writesOf);
}

/** Names a key within its namespace. */
export function writtenKeyId(written: WrittenKey): string {
  return "key" in written
    ? `public ${written.key}`
    : `hashed ${toHex(written.keyHash)} ${written.collection}`;
}

function writesOf({ namespace, kv, collections }: NamespaceReadsWrites): NamespaceWrites {
  const values: WrittenKey[] = kv.writes.map(({ key }) => ({ collection: "", key }));
  const metadata: WrittenKey[] = kv.metadataWrites.map(({ key }) => ({ collection: "", key }));
  const hashedValues = collections.flatMap(({ collection, hashed }) =>
    hashed.hashedWrites.map(({ keyHash }): WrittenKey => ({ collection, keyHash })),
  );
  const hashedMetadata = collections.flatMap(({ collection, hashed }) =>
    hashed.metadataWrites.map(({ keyHash }): WrittenKey => ({ collection, keyHash })),
  );
  return {
    namespace,
    keys: [...values, ...metadata, ...hashedValues, ...hashedMetadata],
    metadataKeys: [...metadata, ...hashedMetadata],
  };
}
