import { assert } from "./assert.ts";

/**
 * A map of at most `countMax` entries that forgets the least recently used one to make room.
 * For values that can be computed again: forgetting costs time, never correctness.
 */
export class BoundedCache<K, V> {
  readonly #countMax: number;
  // Invariant: iteration order is from the least to the most recently used, and size ≤ countMax.
  readonly #entries = new Map<K, V>();

  constructor(countMax: number) {
    assert(countMax > 0, "a cache that holds nothing finds nothing");
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** The value of `key`, now the most recently used, or `undefined`. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Adds or replaces an entry and makes it the most recently used. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size === this.#countMax) this.#forgetOldest();
    this.#entries.set(key, value);
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
