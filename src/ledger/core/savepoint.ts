import { assert } from "../../kernel/assert.ts";
import { EMPTY_BYTES, concatBytes } from "../../kernel/bytes.ts";
import { decodeOrderedVarint, encodeOrderedVarint } from "../../wire/index.ts";

const FORMAT_VERSION = 1;
const HASH_BYTES = 32;

/** How far the state has come; written in one transaction with it. */
export interface Savepoint {
  /** Number of blocks whose writes are in the state. */
  readonly height: number;
  /** Header hash of block `height - 1`; empty before the first block. */
  readonly blockHash: Uint8Array;
  /** Empty until block 1. */
  readonly commitHash: Uint8Array;
}

export const FIRST_SAVEPOINT: Savepoint = {
  height: 0,
  blockHash: EMPTY_BYTES,
  commitHash: EMPTY_BYTES,
};

/** Format version (1) | height (order-preserving) | block hash | commit hash, if any. */
export function encodeSavepoint(savepoint: Savepoint): Uint8Array {
  assert(savepoint.blockHash.length === HASH_BYTES, "a state with blocks has a newest one");
  return concatBytes(
    Uint8Array.of(FORMAT_VERSION),
    encodeOrderedVarint(savepoint.height),
    savepoint.blockHash,
    savepoint.commitHash,
  );
}

/** The savepoint, or undefined where the bytes are of another format. */
export function decodeSavepoint(bytes: Uint8Array): Savepoint | undefined {
  if (bytes[0] !== FORMAT_VERSION) return undefined;
  const height = decodeOrderedVarint(bytes, 1);
  if (height === undefined) return undefined;
  const hashes = bytes.slice(1 + height.length);
  return {
    height: height.value,
    blockHash: hashes.subarray(0, HASH_BYTES),
    commitHash: hashes.subarray(HASH_BYTES),
  };
}
