import type { Clock } from "../kernel/ports/clock.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { sleep } from "../kernel/sleep.ts";
import { DELAYED_MESSAGES_MAX } from "./limits.ts";

/** Hands messages on after a delay, in the order in which they came: a delay adds latency and takes no throughput. */
export class DelayLine {
  readonly #deps: { readonly clock: Clock; readonly timers: Timers };
  readonly #signal: AbortSignal;
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  /** Once `signal` is aborted nothing is waited for any more. */
  constructor(deps: { readonly clock: Clock; readonly timers: Timers }, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Resolves when there is room for another; rejects as `deliver` does when nothing waited. `deliver` must be safe to call late. */
  put(delayMs: number, deliver: () => Promise<void>): Promise<void> {
    if (delayMs <= 0 && this.#count === 0) return deliver();
    const { clock, timers } = this.#deps;
    const dueMs = clock.monotonicMs() + delayMs;
    this.#count += 1;
    const turn = async (): Promise<void> => {
      const waitMs = dueMs - clock.monotonicMs();
      if (waitMs > 0) await sleep(timers, waitMs, this.#signal);
      this.#count -= 1;
      await deliver();
    };
    // What fails late fails on the call itself, which its owner sees.
    this.#last = this.#last.then(turn).catch(() => undefined);
    return this.#count < DELAYED_MESSAGES_MAX ? Promise.resolve() : this.#last;
  }
}
