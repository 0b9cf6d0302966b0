import { assert } from "./assert.ts";
import { RpcError } from "./ports/rpc.ts";

/**
 * Counts the calls that run at a time and refuses those beyond a bound, at once and without a queue.
 *
 * Invariant: 0 <= running <= countMax.
 */
export class ConcurrencyLimit {
  readonly #service: string;
  readonly #countMax: number;
  #running = 0;

  /** `service` is the name in the refusal, such as `/protos.Endorser`. */
  constructor(service: string, countMax: number) {
    assert(countMax > 0, "a limit of nothing refuses everything");
    this.#service = service;
    this.#countMax = countMax;
  }

  /** Calls that run now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs `work`, which must not throw but may reject, in one of the places. Rejects with `RpcError`
   * ("RESOURCE_EXHAUSTED") when all are taken.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === this.#countMax) return Promise.reject(this.#exceeded());
    this.#running += 1;
    return work().finally(() => {
      this.#running -= 1;
    });
  }

  // Fabric's words, which clients match on; its status is UNKNOWN, which tells them nothing.
  #exceeded(): RpcError {
    return new RpcError(
      "RESOURCE_EXHAUSTED",
      `too many requests for ${this.#service}, exceeding concurrency limit (${this.#countMax})`,
    );
  }
}
