import { sha256 } from "../crypto/index.ts";
import { assert } from "../kernel/assert.ts";
import { EMPTY_BYTES, concatBytes } from "../kernel/bytes.ts";
import type { KvReader, KvStore, KvWrite } from "../kernel/ports/kv-store.ts";
import { decodeUvarint, encodeUvarint } from "../wire/index.ts";
import { ChannelKeys } from "./core/keys.ts";
import { TRANSIENT_SETS_PER_TX_MAX } from "./limits.ts";

const FORMAT_VERSION = 1;

/** A private write set that waits for its transaction. */
export interface TransientSet {
  /** Ledger height at endorsement. */
  readonly height: number;
  /** Marshalled `TxPvtReadWriteSet`. */
  readonly bytes: Uint8Array;
}

/** Private write sets of one channel between endorsement and commit. */
export class TransientStore {
  readonly #store: KvStore;
  readonly #keys: ChannelKeys;

  constructor(deps: { readonly state: KvStore }, channelId: string) {
    this.#store = deps.state;
    this.#keys = new ChannelKeys(channelId);
  }

  /** Keeps a marshalled `TxPvtReadWriteSet`, durably; equal ones of one transaction are kept once. */
  async persist(txId: string, height: number, privateSet: Uint8Array): Promise<void> {
    const value = concatBytes(Uint8Array.of(FORMAT_VERSION), encodeUvarint(height), privateSet);
    await this.#store.write([
      { key: this.#keys.transientSet(txId, sha256(privateSet)), value },
      { key: this.#keys.transientHeight(height, txId), value: EMPTY_BYTES },
    ]);
  }

  /** The sets of a transaction, at most `TRANSIENT_SETS_PER_TX_MAX`. Several endorsers may have brought several. */
  read(txId: string): readonly TransientSet[] {
    return readSets(this.#store, this.#keys, txId);
  }

  /** Forgets what was endorsed below `height` and never committed. */
  async purgeBelow(height: number): Promise<void> {
    const writes: KvWrite[] = [];
    for (const { key } of this.#store.range(this.#keys.transientHeightsBelow(height))) {
      const txId = this.#keys.transientTxIdOf(key);
      writes.push({ key, value: undefined });
      for (const entry of this.#store.range(this.#keys.transientSets(txId))) {
        // A set endorsed again since then is listed under the later height too.
        if (decodeSet(entry.value).height < height) {
          writes.push({ key: entry.key, value: undefined });
        }
      }
    }
    await this.#store.write(writes);
  }
}

/** What a commit removes with the transaction it belongs to. */
export function transientRemovals(
  reader: KvReader,
  keys: ChannelKeys,
  txId: string,
): readonly KvWrite[] {
  const writes: KvWrite[] = [];
  for (const { key, value } of reader.range(keys.transientSets(txId))) {
    const { height } = decodeSet(value);
    writes.push({ key, value: undefined });
    writes.push({ key: keys.transientHeight(height, txId), value: undefined });
  }
  return writes;
}

/** As `TransientStore.read`, from any reader of the store. */
export function readSets(
  reader: KvReader,
  keys: ChannelKeys,
  txId: string,
): readonly TransientSet[] {
  const sets: TransientSet[] = [];
  for (const { value } of reader.range(keys.transientSets(txId))) {
    if (sets.length === TRANSIENT_SETS_PER_TX_MAX) break;
    sets.push(decodeSet(value));
  }
  return sets;
}

function decodeSet(value: Uint8Array): TransientSet {
  assert(value[0] === FORMAT_VERSION, "transient sets are of the one format that exists");
  const height = decodeUvarint(value, 1);
  assert(height, "a transient set says when it was endorsed");
  return { height: height.value, bytes: value.subarray(1 + height.length) };
}
