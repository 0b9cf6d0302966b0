/** How things stand after one more failure. */
export interface PullSetback {
  /** In a row. */
  readonly failures: number;
  /** Since the first of them began, in milliseconds. */
  readonly forMs: number;
  /** Most orderers have answered in this row that the ordering service is not available: whoever asks hears the same. */
  readonly isServiceDown: boolean;
}

/** A failed attempt. */
export interface PullFailure {
  readonly address: string;
  /** When its trouble began. */
  readonly startMs: number;
  /** It answered that the ordering service is not available. */
  readonly isUnavailable: boolean;
}

/** Counts failures in a row, how long the row has lasted, and what the orderers had to say. */
export class PullSetbacks {
  readonly #unavailable = new Set<string>();
  #failures = 0;
  #rounds = 0;
  #sinceMs = 0;

  /** One more failure, `nowMs`, of one of `addresses`. */
  failed(failure: PullFailure, addresses: readonly string[], nowMs: number): PullSetback {
    if (this.#failures === 0) this.#sinceMs = failure.startMs;
    this.#failures += 1;
    if (failure.isUnavailable) this.#unavailable.add(failure.address);
    else this.#unavailable.delete(failure.address);
    const downCount = addresses.filter((address) => this.#unavailable.has(address)).length;
    return {
      failures: this.#failures,
      forMs: nowMs - this.#sinceMs,
      isServiceDown: downCount * 2 > addresses.length,
    };
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
    this.#unavailable.clear();
  }
}
