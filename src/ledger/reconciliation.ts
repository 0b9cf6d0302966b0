/** Private write sets that come after their block. */
import { sha256 } from "../crypto/index.ts";
import { EMPTY_BYTES, equalBytes } from "../kernel/bytes.ts";
import type { KvReader, KvWrite } from "../kernel/ports/kv-store.ts";
import { KVRWSet, tryDecode } from "../wire/index.ts";
import type { ChannelKeys } from "./core/keys.ts";
import { type PrivateUpdate } from "./core/private-updates.ts";
import { reconciledUpdates } from "./core/reconciled-updates.ts";
import { encodeStateEntry } from "./core/state-entry.ts";
import type { AnnouncedPrivateSet, PrivateSetPlace } from "./private-gaps.ts";
import { StateView } from "./state-view.ts";

/** A private write set for a transaction that has been committed without it; nothing about it is believed. */
export interface LatePrivateSet extends PrivateSetPlace {
  /** Marshalled `KVRWSet`. */
  readonly bytes: Uint8Array;
}

/** What is asked of the ledger about late sets. */
interface Announcements {
  isPrivateSetMissing(blockNumber: number, txNumber: number, place: PrivateSetPlace): boolean;
  announcedPrivateSets(blockNumber: number): Promise<readonly AnnouncedPrivateSet[]>;
}

/** One whose hash is the one in its block. */
export type GenuineSet = LatePrivateSet & { readonly kv: KVRWSet };

/** Those that are missing and are what their block announces, each place once. */
export async function genuineSets(
  sets: readonly LatePrivateSet[],
  ledger: Announcements,
): Promise<readonly GenuineSet[]> {
  const genuine = new Map<string, GenuineSet>();
  for (const set of sets) {
    const { blockNumber, txNumber, namespace, collection, bytes } = set;
    if (!ledger.isPrivateSetMissing(blockNumber, txNumber, set)) continue;
    const announced = (await ledger.announcedPrivateSets(blockNumber)).find(
      (each) =>
        each.txNumber === txNumber &&
        each.namespace === namespace &&
        each.collection === collection &&
        equalBytes(each.hash, sha256(bytes)),
    );
    const kv = announced && tryDecode(KVRWSet, bytes);
    if (kv === undefined) continue;
    genuine.set(JSON.stringify([blockNumber, txNumber, namespace, collection]), { ...set, kv });
  }
  return [...genuine.values()];
}

/** One durable batch: the sets, the values that are current, and the end of their being missing. */
export function reconciliationBatch(
  sets: readonly GenuineSet[],
  reader: KvReader,
  keys: ChannelKeys,
): readonly KvWrite[] {
  const view = new StateView(reader, keys);
  return sets.flatMap(({ blockNumber, txNumber, namespace, collection, bytes, kv }) => {
    const updates = reconciledUpdates(kv, {
      namespace,
      collection,
      hashedEntry: (keyHash) => view.hashedEntry(namespace, collection, keyHash),
      privateEntry: (key) => view.privateEntry(namespace, collection, key),
    });
    const place = [blockNumber, txNumber, namespace, collection] as const;
    return [
      ...updates.map((update) => valueWrite(update, keys)),
      { key: keys.privateSet(...place), value: bytes },
      { key: keys.missingPrivateSet(...place), value: undefined },
    ];
  });
}

function valueWrite(update: PrivateUpdate, keys: ChannelKeys): KvWrite {
  const { namespace, collection, key, version, value } = update;
  return {
    key: keys.privateState(namespace, collection, key),
    value:
      value === undefined ? undefined : encodeStateEntry({ version, value, metadata: EMPTY_BYTES }),
  };
}
