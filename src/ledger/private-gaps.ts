/** Private write sets that this peer lacks: those of a block to come, and those of blocks that were committed. */
import type { KvReader } from "../kernel/ports/kv-store.ts";
import { TxValidationCode } from "../wire/index.ts";
import type { TransactionReading } from "./core/block-reading.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { findPrivateSet } from "./core/private-updates.ts";
import { parsePrivateSets } from "./core/read-write-set.ts";
import { readSets } from "./transient-store.ts";

/** Where a private write set belongs: a collection and a transaction. */
export interface PrivateSetPlace {
  readonly blockNumber: number;
  readonly txNumber: number;
  readonly namespace: string;
  readonly collection: string;
}

/** A private write set that a block announces by its hash. */
export interface AnnouncedPrivateSet extends PrivateSetPlace {
  readonly txId: string;
  /** SHA-256 of the marshalled `KVRWSet`. */
  readonly hash: Uint8Array;
}

/** What the transactions that are valid so far announce. What cannot be read announces nothing. */
export function announcedPrivateSets(
  blockNumber: number,
  transactions: readonly TransactionReading[],
  codes: readonly TxValidationCode[],
): readonly AnnouncedPrivateSet[] {
  const announced: AnnouncedPrivateSet[] = [];
  for (const { index, txId, content } of transactions) {
    if (codes[index] !== TxValidationCode.VALID || content.kind !== "endorsement") continue;
    for (const { namespace, collections } of content.layers.readWriteSet ?? []) {
      for (const { collection, privateSetHash: hash } of collections) {
        if (hash.length === 0) continue;
        announced.push({ blockNumber, txNumber: index, txId, namespace, collection, hash });
      }
    }
  }
  return announced;
}

/** Those of `announced` that do not wait in the transient store. */
export function absentPrivateSets(
  announced: readonly AnnouncedPrivateSet[],
  reader: KvReader,
  keys: ChannelKeys,
): readonly AnnouncedPrivateSet[] {
  return announced.filter(({ txId, namespace, collection, hash }) => {
    const atHand = readSets(reader, keys, txId).flatMap(
      ({ bytes }) => parsePrivateSets(bytes) ?? [],
    );
    return findPrivateSet(atHand, { namespace, collection, hash }) === undefined;
  });
}

/**
 * Sets that were not at hand when their block was committed, the newest first, at most `countMax`; those below `before`
 * where it is given, so that a caller can go through all of them.
 */
export function missingPrivateSets(
  reader: KvReader,
  keys: ChannelKeys,
  countMax: number,
  before?: PrivateSetPlace,
): readonly PrivateSetPlace[] {
  const { start, end } = keys.missingPrivateSets();
  const last =
    before === undefined
      ? end
      : keys.missingPrivateSet(
          before.blockNumber,
          before.txNumber,
          before.namespace,
          before.collection,
        );
  const places: PrivateSetPlace[] = [];
  const range = { start, reverse: true, ...(last === undefined ? {} : { end: last }) };
  for (const { key } of reader.range(range)) {
    if (places.length === countMax) break;
    places.push(keys.missingPlaceOf(key));
  }
  return places;
}
