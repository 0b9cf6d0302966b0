import { RESTART_DELAY_MS, RESTART_DELAY_MS_MAX, RESTART_FORGET_MS } from "../limits.ts";

/** When a process that ended by itself is started again: at once doubling pauses, forgotten after a long life. */
export class RestartPolicy {
  #failureCount = 0;

  /** The pause before the next start, after a life of `livedMs`. */
  delayMsAfter(livedMs: number): number {
    if (livedMs >= RESTART_FORGET_MS) this.#failureCount = 0;
    const delayMs = Math.min(RESTART_DELAY_MS * 2 ** this.#failureCount, RESTART_DELAY_MS_MAX);
    this.#failureCount += 1;
    return delayMs;
  }
}
