import type { Timers } from "../../src/kernel/ports/timers.ts";
import type { PeerId } from "../core/index.ts";
import { PRIVATE_PENDING_MAX } from "./limits.ts";

interface Pending<T> {
  readonly from: PeerId;
  readonly settle: (answer: T | undefined) => void;
}

/** What was asked of other peers and not answered yet, by nonce. */
export class PendingAnswers<T> {
  readonly #timers: Timers;
  readonly #pending = new Map<string, Pending<T>>();
  #isClosed = false;

  constructor(deps: { readonly timers: Timers }) {
    this.#timers = deps.timers;
  }

  /** Resolves with the answer of `from`; with undefined after `timeoutMs`, when there is no room, or at the close. */
  expect(from: PeerId, nonce: string, timeoutMs: number): Promise<T | undefined> {
    if (this.#isClosed || this.#pending.size >= PRIVATE_PENDING_MAX) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const settle = (answer: T | undefined): void => {
        this.#pending.delete(nonce);
        timer.cancel();
        resolve(answer);
      };
      const timer = this.#timers.after(timeoutMs, () => {
        settle(undefined);
      });
      this.#pending.set(nonce, { from, settle });
    });
  }

  /** False for an answer that nobody waits for from this peer. */
  answer(from: PeerId, nonce: string, answer: T): boolean {
    const pending = this.#pending.get(nonce);
    if (pending?.from !== from) return false;
    pending.settle(answer);
    return true;
  }

  /** Whoever waits gets nothing. */
  close(): void {
    this.#isClosed = true;
    for (const { settle } of [...this.#pending.values()]) settle(undefined);
  }
}
