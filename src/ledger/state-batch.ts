import { EMPTY_BYTES } from "../kernel/bytes.ts";
import type { KvReader, KvWrite } from "../kernel/ports/kv-store.ts";
import type { CommitPlan } from "./commit-plan.ts";
import type { Update } from "./core/block-updates.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { type Savepoint, encodeSavepoint } from "./core/savepoint.ts";
import { encodeStateEntry } from "./core/state-entry.ts";
import { encodeTransactionRecord } from "./core/transaction-record.ts";
import { encodeOrderedVarint } from "../wire/index.ts";
import { transientRemovals } from "./transient-store.ts";

/** Everything that a block changes in the store, its savepoint included: one durable batch, so that they cannot part. */
export function stateBatch(
  plan: CommitPlan,
  savepoint: Savepoint,
  reader: KvReader,
  keys: ChannelKeys,
): readonly KvWrite[] {
  return [
    ...stateWrites(plan, keys),
    ...privateWrites(plan, keys),
    ...transactionWrites(plan, savepoint.height - 1, reader, keys),
    { key: keys.blockHash(savepoint.blockHash), value: encodeOrderedVarint(savepoint.height - 1) },
    { key: keys.savepoint(), value: encodeSavepoint(savepoint) },
  ];
}

function stateWrites({ updates }: CommitPlan, keys: ChannelKeys): readonly KvWrite[] {
  const writes: KvWrite[] = [];
  for (const namespace of updates.namespaces()) {
    for (const { key, update } of updates.publicUpdates(namespace)) {
      writes.push({ key: keys.publicState(namespace, key), value: stored(update) });
    }
    for (const collection of updates.collections(namespace)) {
      for (const { keyHash, update } of updates.hashedUpdates(namespace, collection)) {
        const key = keys.hashedState(namespace, collection, keyHash);
        writes.push({ key, value: stored(update) });
      }
    }
  }
  return writes;
}

function stored({ version, value, metadata }: Update): Uint8Array | undefined {
  return value === undefined ? undefined : encodeStateEntry({ version, value, metadata });
}

function privateWrites(plan: CommitPlan, keys: ChannelKeys): readonly KvWrite[] {
  const values = plan.privateUpdates.map(({ namespace, collection, key, version, value }) => ({
    key: keys.privateState(namespace, collection, key),
    value: stored({ version, value, metadata: EMPTY_BYTES }),
  }));
  const sets = plan.writtenCollections.map(({ version, namespace, collection, set }) => {
    const { blockNumber, txNumber } = version;
    return set === undefined
      ? {
          key: keys.missingPrivateSet(blockNumber, txNumber, namespace, collection),
          value: EMPTY_BYTES,
        }
      : { key: keys.privateSet(blockNumber, txNumber, namespace, collection), value: set.bytes };
  });
  return [...values, ...sets];
}

// Fabric: an id is known by its first transaction, valid or not; later ones with the same id do not replace it.
function transactionWrites(
  plan: CommitPlan,
  blockNumber: number,
  reader: KvReader,
  keys: ChannelKeys,
): readonly KvWrite[] {
  const writes: KvWrite[] = [];
  const seen = new Set<string>();
  for (const { txId, index, code } of plan.transactions) {
    if (txId === "" || seen.has(txId)) continue;
    seen.add(txId);
    const key = keys.transaction(txId);
    if (reader.get(key) === undefined) {
      const value = encodeTransactionRecord({ blockNumber, txIndex: index, code });
      writes.push({ key, value });
    }
    if (plan.settledTxIds.has(txId)) writes.push(...transientRemovals(reader, keys, txId));
  }
  return writes;
}
