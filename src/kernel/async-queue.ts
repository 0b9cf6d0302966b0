import { assert } from "./assert.ts";

/**
 * A first-in-first-out queue between one producer and one consumer that iterates.
 *
 * Invariant: at most one of `#items` is non-empty and `#waiting` is set.
 * The producer bounds it: `push` answers whether there is room for more, and `onRoom` is called when there is again.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #countMax: number;
  readonly #onRoom: () => void;
  #items: T[] = [];
  #head = 0;
  #waiting: PromiseWithResolvers | undefined;
  #end: { readonly error: unknown } | "ended" | undefined;

  /** `countMax` is the count from which `push` asks the producer to pause. */
  constructor(countMax: number, onRoom: () => void = (): void => undefined) {
    assert(countMax > 0, "a queue that holds nothing delivers nothing");
    this.#countMax = countMax;
    this.#onRoom = onRoom;
  }

  get count(): number {
    return this.#items.length - this.#head;
  }

  /** Adds an item and answers whether there is room for another. Ignored after the end. */
  push(item: T): boolean {
    if (this.#end !== undefined) return false;
    this.#items.push(item);
    this.#wake();
    return this.count < this.#countMax;
  }

  /** No more items; those already there are still delivered. */
  end(): void {
    this.#end ??= "ended";
    this.#wake();
  }

  /** As `end`, and the iteration then throws `error`. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.count > 0) yield this.#take();
      if (this.#end === "ended") return;
      if (this.#end !== undefined) throw this.#end.error;
      await this.#arrival();
    }
  }

  #take(): T {
    const item = this.#items[this.#head] as T;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    if (this.count === this.#countMax - 1) this.#onRoom();
    return item;
  }

  #arrival(): Promise<void> {
    assert(this.#waiting === undefined, "one consumer at a time");
    return new Promise((resolve) => {
      this.#waiting = { resolve };
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  }
}

interface PromiseWithResolvers {
  readonly resolve: () => void;
}
