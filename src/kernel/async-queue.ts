import { assert } from "./assert.ts";

type Ending = { readonly kind: "ended" } | { readonly kind: "failed"; readonly error: unknown };

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A first-in-first-out queue between one producer and one consumer that iterates.
 * The producer bounds it: `push` answers whether there is room for more, and `onRoom` is called when there is again.
 *
 * Invariant: while a consumer waits, the queue is empty and has not ended.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #countMax: number;
  readonly #onRoom: () => void;
  #items: T[] = [];
  #head = 0;
  #waiting: Waiting<T> | undefined;
  #ending: Ending | undefined;

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
    if (this.#ending !== undefined) return false;
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#items.push(item);
    } else {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: item });
    }
    return this.count < this.#countMax;
  }

  /** No more items; those already there are still delivered. */
  end(): void {
    this.#close({ kind: "ended" });
  }

  /** As `end`, and the iteration then throws `error`. */
  fail(error: unknown): void {
    this.#close({ kind: "failed", error });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    assert(this.#waiting === undefined, "one consumer at a time");
    if (this.count > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#ending !== undefined) return finished(this.#ending);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
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

  #close(ending: Ending): void {
    this.#ending ??= ending;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) finished(this.#ending).then(waiting.resolve, waiting.reject);
  }
}

function finished(ending: Ending): Promise<IteratorResult<never, undefined>> {
  if (ending.kind === "ended") return Promise.resolve({ done: true, value: undefined });
  // The iteration's own failure: whatever the producer passed in.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the error is carried, not made here
  return Promise.reject(ending.error);
}
