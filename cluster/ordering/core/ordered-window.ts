import { assert } from "../../../src/kernel/assert.ts";

/**
 * The transactions ordered lately, by key: those of the fewest newest blocks that together hold at least `countMax`.
 *
 * A function of the chain alone: whether an orderer applied the blocks, read them at its start or was sent them, at the
 * same height it remembers the same transactions. Holds less than `countMax` and one block's transactions more.
 */
export class OrderedWindow {
  readonly #countMax: number;
  // Invariant: consecutive blocks, oldest first; #count is the sum over the keys; below #countMax without the oldest.
  readonly #blocks = new Map<number, readonly string[]>();
  #newest: number | undefined;
  #count = 0;
  // The newest block that holds the key: orderers of other make may order a transaction twice.
  readonly #numbers = new Map<string, number>();

  constructor(countMax: number) {
    assert(countMax > 0, "a window on nothing remembers nothing");
    this.#countMax = countMax;
  }

  /** Transactions in it. */
  get count(): number {
    return this.#count;
  }

  /** Number of the newest block. Undefined before the first. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** The keys of its blocks, oldest first. */
  blocks(): readonly (readonly string[])[] {
    return [...this.#blocks.values()];
  }

  /** Number of a block that holds the transaction. */
  blockOf(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  /** The next block, with the key of each of its transactions. */
  append(number: number, keys: readonly string[]): void {
    const isNext = this.#newest === undefined || number === this.#newest + 1;
    assert(isNext, "a window that misses a block would let its transactions in again");
    this.#newest = number;
    this.#blocks.set(number, keys);
    this.#count += keys.length;
    for (const key of keys) this.#numbers.set(key, number);
    this.#forget();
  }

  #forget(): void {
    for (const [number, keys] of this.#blocks) {
      if (this.#count - keys.length < this.#countMax) return;
      this.#blocks.delete(number);
      this.#count -= keys.length;
      for (const key of keys) if (this.#numbers.get(key) === number) this.#numbers.delete(key);
    }
  }
}
