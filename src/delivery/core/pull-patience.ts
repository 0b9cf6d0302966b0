import { PULL_PATIENCE_FACTOR } from "../limits.ts";

export interface PullPatienceTimes {
  /** After a block. */
  readonly minMs: number;
  /** Longest for a block that there may not be. At least `minMs`. */
  readonly idleMaxMs: number;
  /** Longest for a block that the orderer says it has. At least `idleMaxMs`. */
  readonly owedMaxMs: number;
}

/**
 * How long an orderer may be silent. Where blocks have just come, silence soon means that it is cut off; where others were
 * silent too, that there is nothing to send, or that a large block takes its time.
 */
export class PullPatience {
  readonly #times: PullPatienceTimes;
  #ms: number;

  constructor(times: PullPatienceTimes) {
    this.#times = times;
    this.#ms = times.minMs;
  }

  /** `isOwed`: the orderer has the block that is waited for, as it says. */
  ms(isOwed: boolean): number {
    return Math.min(this.#ms, isOwed ? this.#times.owedMaxMs : this.#times.idleMaxMs);
  }

  cameBlock(): void {
    this.#ms = this.#times.minMs;
  }

  wasSilent(isOwed: boolean): void {
    this.#ms = Math.min(this.#times.owedMaxMs, this.ms(isOwed) * PULL_PATIENCE_FACTOR);
  }
}
