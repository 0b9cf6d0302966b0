import type { Random } from "../../kernel/ports/random.ts";
import { PULL_BACKOFF_FACTOR, PULL_BACKOFF_MS_MAX, PULL_BACKOFF_MS_MIN } from "../limits.ts";

/**
 * Chooses which orderer to ask: at random, but none twice before every other has been asked, and, where there is another, none
 * twice in a row.
 *
 * Invariant: `#left` holds distinct addresses.
 */
export class PullRotation {
  readonly #random: Random;
  #left: string[] = [];
  #last: string | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether every address has been asked since the round began. */
  get isRoundOver(): boolean {
    return this.#left.length === 0;
  }

  /** The next of `addresses`, which may differ from call to call; undefined when there are none. */
  next(addresses: readonly string[]): string | undefined {
    this.#left = this.#left.filter((address) => addresses.includes(address));
    if (this.#left.length === 0) this.#left = [...new Set(addresses)];
    const others = this.#left.filter((address) => address !== this.#last);
    const choice = others.length === 0 ? this.#left : others;
    if (choice.length === 0) return undefined;
    this.#last = choice[this.#random.below(choice.length)];
    this.#left = this.#left.filter((address) => address !== this.#last);
    return this.#last;
  }
}

/** Pause after the `rounds`-th round in a row (from 1) in which every orderer failed, in milliseconds. */
export function pullBackoffMs(rounds: number): number {
  const pauseMs = PULL_BACKOFF_MS_MIN * PULL_BACKOFF_FACTOR ** (rounds - 1);
  return Math.min(pauseMs, PULL_BACKOFF_MS_MAX);
}
