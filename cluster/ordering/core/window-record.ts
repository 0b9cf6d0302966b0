import { sha256 } from "../../../src/crypto/index.ts";
import { assert } from "../../../src/kernel/assert.ts";
import { equalBytes, utf8, utf8Decode } from "../../../src/kernel/bytes.ts";

/** The transactions ordered lately, as they are kept on disk. */
export interface WindowRecord {
  /** Number of the newest block, and the hash of its header. */
  readonly number: number;
  readonly headerHash: Uint8Array;
  /** Keys of the blocks that end with it, oldest first: ASCII. */
  readonly blocks: readonly (readonly string[])[];
}

const MAGIC: Uint8Array = utf8("heddle window 1\n");
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + HASH_BYTES;
// Number, header hash, blocks, keys, bytes of text.
const FIXED_BYTES = 8 + HASH_BYTES + 4 + 4 + 4;
const KEY_BYTES_MAX = 255;

/**
 * Magic with the version, SHA-256 of the rest; then little-endian: number, header hash, three counts, the number of keys in each
 * block (4 bytes), the length of each key (1 byte), the keys.
 */
export function encodeWindow({ number, headerHash, blocks }: WindowRecord): Uint8Array {
  assert(headerHash.length === HASH_BYTES, "headers are hashed with SHA-256");
  const keys = blocks.flat();
  const text = utf8(keys.join(""));
  const lengthsAt = FIXED_BYTES + 4 * blocks.length;
  // In one piece: it has megabytes.
  const record = new Uint8Array(HEAD_BYTES + lengthsAt + keys.length + text.length);
  const body = record.subarray(HEAD_BYTES);
  const view = new DataView(body.buffer, body.byteOffset);
  view.setBigUint64(0, BigInt(number), true);
  body.set(headerHash, 8);
  view.setUint32(8 + HASH_BYTES, blocks.length, true);
  view.setUint32(12 + HASH_BYTES, keys.length, true);
  view.setUint32(16 + HASH_BYTES, text.length, true);
  for (let place = 0; place < blocks.length; place += 1) {
    view.setUint32(FIXED_BYTES + 4 * place, blocks[place]?.length ?? 0, true);
  }
  for (let place = 0; place < keys.length; place += 1) {
    const length = keys[place]?.length ?? 0;
    assert(length <= KEY_BYTES_MAX, "a key is a word and a hash");
    body[lengthsAt + place] = length;
  }
  body.set(text, lengthsAt + keys.length);
  record.set(MAGIC);
  record.set(sha256(body), MAGIC.length);
  return record;
}

/** Undefined for bytes of another version, and for any that are not what was written. */
export function decodeWindow(bytes: Uint8Array): WindowRecord | undefined {
  if (bytes.length < HEAD_BYTES + FIXED_BYTES) return undefined;
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const body = bytes.subarray(HEAD_BYTES);
  if (!equalBytes(bytes.subarray(MAGIC.length, HEAD_BYTES), sha256(body))) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const blockCount = view.getUint32(8 + HASH_BYTES, true);
  const keyCount = view.getUint32(12 + HASH_BYTES, true);
  const lengthsAt = FIXED_BYTES + 4 * blockCount;
  const lengths = body.subarray(lengthsAt, lengthsAt + keyCount);
  const keys = wordsOf(utf8Decode(body.subarray(lengthsAt + keyCount)), lengths);
  const blocks: (readonly string[])[] = [];
  let first = 0;
  for (let place = 0; place < blockCount; place += 1) {
    const end = first + view.getUint32(FIXED_BYTES + 4 * place, true);
    blocks.push(keys.slice(first, end));
    first = end;
  }
  return {
    number: Number(view.getBigUint64(0, true)),
    headerHash: body.slice(8, 8 + HASH_BYTES),
    blocks,
  };
}

function wordsOf(text: string, lengths: Uint8Array): readonly string[] {
  const words: string[] = [];
  let start = 0;
  for (const length of lengths) {
    words.push(text.slice(start, start + length));
    start += length;
  }
  return words;
}
