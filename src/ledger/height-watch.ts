import { assert } from "../kernel/assert.ts";

interface Waiter {
  readonly height: number;
  readonly settle: (isReached: boolean) => void;
}

/** A height that only grows, for those who wait for it. */
export class HeightWatch {
  #height: number;
  #isClosed = false;
  readonly #listeners = new Set<(height: number) => void>();
  readonly #waiters = new Set<Waiter>();

  constructor(height: number) {
    this.#height = height;
  }

  get height(): number {
    return this.#height;
  }

  advance(height: number): void {
    assert(height > this.#height, "a height grows");
    this.#height = height;
    for (const waiter of this.#waiters) {
      if (waiter.height <= height) waiter.settle(true);
    }
    for (const listener of this.#listeners) listener(height);
  }

  /** Resolves true once the height is at least `height`, false when aborted or closed before. */
  waitFor(height: number, signal: AbortSignal): Promise<boolean> {
    if (height <= this.#height) return Promise.resolve(true);
    if (signal.aborted || this.#isClosed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const abandon = (): void => {
        waiter.settle(false);
      };
      const waiter: Waiter = {
        height,
        settle: (isReached) => {
          this.#waiters.delete(waiter);
          signal.removeEventListener("abort", abandon);
          resolve(isReached);
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", abandon);
    });
  }

  subscribe(listener: (height: number) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ends all waiting with false. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.settle(false);
    this.#listeners.clear();
  }
}
