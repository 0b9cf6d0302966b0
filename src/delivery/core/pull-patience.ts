import { PULL_PATIENCE_FACTOR } from "../limits.ts";

/**
 * How long an orderer may be silent. Where blocks have just come, silence soon means that it is cut off; where others were
 * silent too, that there is nothing to send.
 */
export class PullPatience {
  readonly #minMs: number;
  readonly #maxMs: number;
  #ms: number;

  /** `minMs <= maxMs`. */
  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#ms = minMs;
  }

  get ms(): number {
    return this.#ms;
  }

  cameBlock(): void {
    this.#ms = this.#minMs;
  }

  wasSilent(): void {
    this.#ms = Math.min(this.#maxMs, this.#ms * PULL_PATIENCE_FACTOR);
  }
}
