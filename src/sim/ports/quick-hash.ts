/**
 * A hash of 64 bits that is cheaper than a call of the crypto library for what a network sends: for simulations, where nobody looks for two
 * messages of one hash and chance must not find them either.
 */

/** Two words of 32 bits. */
export interface HashWords {
  readonly first: number;
  readonly second: number;
}

export const NO_HASH: HashWords = { first: 0x9e3779b9, second: 0x7f4a7c15 };

const WORD_BYTES = 4;

/** Of `bytes`, and of everything before it that `from` is the hash of. */
export function quickHash(bytes: Uint8Array, from: HashWords = NO_HASH): HashWords {
  let { first, second } = from;
  const wordsEnd = bytes.length - (bytes.length % WORD_BYTES);
  for (let index = 0; index < wordsEnd; index += WORD_BYTES) {
    const word =
      at(bytes, index) |
      (at(bytes, index + 1) << 8) |
      (at(bytes, index + 2) << 16) |
      (at(bytes, index + 3) << 24);
    first = rotateLeft(Math.imul(first ^ word, 0x85ebca77), 13);
    second = rotateLeft(Math.imul(second + word, 0xc2b2ae3d), 17) ^ first;
  }
  for (let index = wordsEnd; index < bytes.length; index += 1) {
    first = rotateLeft(Math.imul(first ^ at(bytes, index), 0x27d4eb2f), 11);
    second = Math.imul(second + at(bytes, index), 0x165667b1) ^ first;
  }
  // The length tells bytes at the end that are zero from none.
  return { first: mix(first ^ bytes.length ^ second), second: mix(second + first) };
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

// The finalizer of splitmix32: every input bit reaches every output bit.
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
