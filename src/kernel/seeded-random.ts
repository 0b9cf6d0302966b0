import type { Random } from "./ports/random.ts";

/**
 * A reproducible `Random`: xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32.
 * For simulations and tests. Predictable from a few outputs, so never for anything secret.
 */
export class SeededRandom implements Random {
  readonly #seed: number;
  readonly #state: Uint32Array<ArrayBuffer>;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = new Uint32Array(4);
    let counter = this.#seed;
    for (let word = 0; word < 4; word += 1) {
      counter = (counter + 0x9e3779b9) >>> 0;
      this.#state[word] = mix(counter);
    }
  }

  /**
   * An independent stream that depends on this one's seed and on `name` only, not on what was drawn so far: a new
   * consumer of randomness does not shift the draws of the others.
   */
  child(name: string): SeededRandom {
    // FNV-1a over the name's code units, from the seed.
    let hash = mix(this.#seed ^ 0x811c9dc5);
    for (let index = 0; index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
    }
    return new SeededRandom(mix(hash));
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.#state[0] = a ^ fourth;
    this.#state[1] = b ^ third;
    this.#state[2] = third ^ (b << 9);
    this.#state[3] = rotateLeft(fourth, 11);
    return result;
  }

  below(exclusiveMax: number): number {
    // Draws in the incomplete last span of the range would favour small results, so they are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % exclusiveMax);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % exclusiveMax;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() >>> 24);
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

// The finalizer of splitmix32: every input bit reaches every output bit.
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
