import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import type { Leadership } from "./ports.ts";

/** What came of handing leadership over. `failed`: another member leads, or this one still. */
export type TransferResult = "transferred" | "failed" | "not leader";

/** Waits for the end of the latest transfer of leadership. */
export class TransferWaiter {
  readonly #timers: Timers;
  #to: number | undefined;
  #timer: Timer | undefined;
  #settle: ((result: TransferResult) => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** A transfer that is waited for already counts as failed. */
  wait(to: number, timeoutMs: number): Promise<TransferResult> {
    this.end("failed");
    this.#to = to;
    this.#timer = this.#timers.after(timeoutMs, () => {
      this.end("failed");
    });
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  notice({ leaderId }: Leadership): void {
    // On the way there is a time without a leader.
    if (leaderId === this.#to && leaderId !== undefined) this.end("transferred");
    else if (leaderId !== undefined) this.end("failed");
  }

  end(result: TransferResult): void {
    this.#timer?.cancel();
    this.#settle?.(result);
    this.#settle = undefined;
  }
}
