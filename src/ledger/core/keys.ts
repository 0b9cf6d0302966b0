import { assert } from "../../kernel/assert.ts";
import { BoundedCache } from "../../kernel/bounded-cache.ts";
import { concatBytes, utf8, utf8Decode } from "../../kernel/bytes.ts";
import type { KvRange } from "../../kernel/ports/kv-store.ts";
import { decodeOrderedVarint, encodeOrderedVarint } from "../../wire/index.ts";
import { KEY_PREFIXES_MAX } from "../limits.ts";

const TABLES = {
  savepoint: 0x01,
  publicState: 0x10,
  hashedState: 0x11,
  privateState: 0x12,
  privateSets: 0x20,
  missingPrivateSets: 0x21,
  transactions: 0x30,
  blockHashes: 0x31,
  transientSets: 0x40,
  transientHeights: 0x41,
} as const;

/**
 * Where one channel's data lies in the peer's one store: channel | table | …
 * Every part but the last is preceded by its length, so that no two places share a key whatever the names contain.
 */
export class ChannelKeys {
  readonly #prefix: Uint8Array;
  // One byte more than the prefix: the table's.
  readonly #tables = new Map<number, Uint8Array>();
  readonly #publicPrefixes = new BoundedCache<string, Uint8Array>(KEY_PREFIXES_MAX);

  constructor(channelId: string) {
    this.#prefix = part(channelId);
  }

  savepoint(): Uint8Array {
    return this.#key(TABLES.savepoint);
  }

  publicState(namespace: string, key: string): Uint8Array {
    return concatBytes(this.#publicPrefix(namespace), utf8(key));
  }

  /** Keys from `start` on, below `end`; an empty `end` is open. */
  publicRange(namespace: string, start: string, end: string): KvRange {
    return range(this.#publicPrefix(namespace), start, end);
  }

  /** The key of an entry of `publicRange`. */
  publicKeyOf(namespace: string, stored: Uint8Array): string {
    return utf8Decode(stored.subarray(this.#publicPrefix(namespace).length));
  }

  hashedState(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array {
    return this.#key(TABLES.hashedState, part(namespace), part(collection), keyHash);
  }

  privateState(namespace: string, collection: string, key: string): Uint8Array {
    return this.#key(TABLES.privateState, part(namespace), part(collection), utf8(key));
  }

  privateRange(namespace: string, collection: string, start: string, end: string): KvRange {
    const prefix = this.#key(TABLES.privateState, part(namespace), part(collection));
    return range(prefix, start, end);
  }

  privateKeyOf(namespace: string, collection: string, stored: Uint8Array): string {
    const prefix = this.#key(TABLES.privateState, part(namespace), part(collection));
    return utf8Decode(stored.subarray(prefix.length));
  }

  privateSet(block: number, tx: number, namespace: string, collection: string): Uint8Array {
    return this.#key(TABLES.privateSets, ...setPlace(block, tx, namespace, collection));
  }

  /** All of `privateSet` of one block. */
  privateSets(block: number): KvRange {
    return range(this.#key(TABLES.privateSets, encodeOrderedVarint(block)), "", "");
  }

  missingPrivateSet(block: number, tx: number, namespace: string, collection: string): Uint8Array {
    return this.#key(TABLES.missingPrivateSets, ...setPlace(block, tx, namespace, collection));
  }

  missingPrivateSets(): KvRange {
    return range(this.#key(TABLES.missingPrivateSets), "", "");
  }

  /** The place that an entry of `missingPrivateSets` names. */
  missingPlaceOf(stored: Uint8Array): {
    readonly blockNumber: number;
    readonly txNumber: number;
    readonly namespace: string;
    readonly collection: string;
  } {
    const block = numberAt(stored, this.#key(TABLES.missingPrivateSets).length);
    const tx = numberAt(stored, block.end);
    const length = numberAt(stored, tx.end);
    const nameEnd = length.end + length.value;
    return {
      blockNumber: block.value,
      txNumber: tx.value,
      namespace: utf8Decode(stored.subarray(length.end, nameEnd)),
      collection: utf8Decode(stored.subarray(nameEnd)),
    };
  }

  transaction(txId: string): Uint8Array {
    return this.#key(TABLES.transactions, utf8(txId));
  }

  blockHash(hash: Uint8Array): Uint8Array {
    return this.#key(TABLES.blockHashes, hash);
  }

  transientSet(txId: string, digest: Uint8Array): Uint8Array {
    return this.#key(TABLES.transientSets, part(txId), digest);
  }

  transientSets(txId: string): KvRange {
    return range(this.#key(TABLES.transientSets, part(txId)), "", "");
  }

  transientHeight(height: number, txId: string): Uint8Array {
    return this.#key(TABLES.transientHeights, encodeOrderedVarint(height), utf8(txId));
  }

  /** All of `transientHeight` below `height`. */
  transientHeightsBelow(height: number): KvRange {
    const start = this.#key(TABLES.transientHeights);
    return { start, end: concatBytes(start, encodeOrderedVarint(height)) };
  }

  /** The transaction id in an entry of `transientHeightsBelow`. */
  transientTxIdOf(stored: Uint8Array): string {
    const start = this.#key(TABLES.transientHeights).length;
    return utf8Decode(stored.subarray(start + 1 + (stored[start] ?? 0)));
  }

  // Every read and write of state asks for one of few.
  #publicPrefix(namespace: string): Uint8Array {
    const known = this.#publicPrefixes.get(namespace);
    if (known !== undefined) return known;
    const prefix = this.#key(TABLES.publicState, part(namespace));
    this.#publicPrefixes.set(namespace, prefix);
    return prefix;
  }

  #key(table: number, ...parts: readonly Uint8Array[]): Uint8Array {
    return concatBytes(this.#table(table), ...parts);
  }

  #table(table: number): Uint8Array {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const prefix = concatBytes(this.#prefix, Uint8Array.of(table));
    this.#tables.set(table, prefix);
    return prefix;
  }
}

/** At or before the first key of any channel. */
export const CHANNEL_IDS_START: Uint8Array = Uint8Array.of(0);

/** The channel that a key of the peer's store belongs to; undefined for a key that is no channel's. */
export function channelIdOf(key: Uint8Array): string | undefined {
  const length = decodeOrderedVarint(key);
  if (length === undefined) return undefined;
  const id = key.subarray(length.length, length.length + length.value);
  return id.length === length.value ? utf8Decode(id) : undefined;
}

/** The first place behind everything that a channel can have; undefined where there is none. */
export function keyAfterChannel(channelId: string): Uint8Array {
  return after(part(channelId));
}

function numberAt(
  bytes: Uint8Array,
  offset: number,
): { readonly value: number; readonly end: number } {
  const number = decodeOrderedVarint(bytes, offset);
  assert(number !== undefined, "keys of the store are this program's own");
  return { value: number.value, end: offset + number.length };
}

function part(text: string): Uint8Array {
  const bytes = utf8(text);
  return concatBytes(encodeOrderedVarint(bytes.length), bytes);
}

function setPlace(
  block: number,
  tx: number,
  namespace: string,
  collection: string,
): readonly Uint8Array[] {
  return [encodeOrderedVarint(block), encodeOrderedVarint(tx), part(namespace), utf8(collection)];
}

function range(prefix: Uint8Array, start: string, end: string): KvRange {
  return {
    start: concatBytes(prefix, utf8(start)),
    end: end === "" ? after(prefix) : concatBytes(prefix, utf8(end)),
  };
}

/** The first byte string behind all that begin with `prefix`. */
function after(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice();
  for (let index = next.length - 1; index >= 0; index -= 1) {
    const byte = (next[index] ?? 0) + 1;
    next[index] = byte & 0xff;
    if (byte <= 0xff) return next.slice(0, index + 1);
  }
  return next;
}
