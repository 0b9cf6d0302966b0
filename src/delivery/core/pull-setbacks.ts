/** Counts failures in a row and how long the row has lasted. */
export class PullSetbacks {
  #failures = 0;
  #rounds = 0;
  #sinceMs = 0;

  /** One more failure: how many there are in a row, and the time since the first of them. */
  failed(nowMs: number): { readonly failures: number; readonly forMs: number } {
    if (this.#failures === 0) this.#sinceMs = nowMs;
    this.#failures += 1;
    return { failures: this.#failures, forMs: nowMs - this.#sinceMs };
  }

  /** One more round in which every orderer failed: how many there are in a row. */
  roundFailed(): number {
    this.#rounds += 1;
    return this.#rounds;
  }

  /** The row is over. */
  clear(): void {
    this.#failures = 0;
    this.#rounds = 0;
  }
}
