import { assert } from "../../../src/kernel/assert.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

/** A deterministic `Random`: the same seed gives the same numbers (Marsaglia's xorshift128, seeded by splitmix32). */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = new Uint32Array(4);
    let mixed = seed >>> 0;
    for (let index = 0; index < 4; index += 1) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#state[index] = word ^ (word >>> 15);
    }
  }

  uint32(): number {
    const state = this.#state;
    let word = state[3]!;
    word ^= word << 11;
    word ^= word >>> 8;
    state.copyWithin(1, 0, 3);
    word ^= state[0]! ^ (state[0]! >>> 19);
    state[0] = word;
    return word >>> 0;
  }

  below(exclusiveMax: number): number {
    assert(exclusiveMax >= 1 && exclusiveMax <= 2 ** 32, "a bound is within 32 bits");
    return Math.floor((this.uint32() / 2 ** 32) * exclusiveMax);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
