import { ANSWER_WAIT_MAX_MS, ANSWER_WAIT_MIN_MS, ANSWER_WAIT_START_MS } from "./limits.ts";

/** How long to wait for an answer before somebody else is asked, learned from those that have come (Jacobson 1988; RFC 6298 §2). */
export class AnswerTimes {
  #meanMs: number | undefined;
  #deviationMs = 0;

  /** An answer has taken so long. */
  note(tookMs: number): void {
    if (this.#meanMs === undefined) {
      this.#meanMs = tookMs;
      this.#deviationMs = tookMs / 2;
      return;
    }
    const error = tookMs - this.#meanMs;
    this.#deviationMs += (Math.abs(error) - this.#deviationMs) / 4;
    this.#meanMs += error / 8;
  }

  get waitMs(): number {
    if (this.#meanMs === undefined) return ANSWER_WAIT_START_MS;
    const waitMs = this.#meanMs + 4 * this.#deviationMs;
    return Math.min(ANSWER_WAIT_MAX_MS, Math.max(ANSWER_WAIT_MIN_MS, waitMs));
  }
}
