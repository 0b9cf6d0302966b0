import type { Random } from "../../../src/kernel/ports/random.ts";
import type { Profile } from "./profile.ts";

/** Links that lose, delay, repeat and reorder, and that can be cut in one direction. */
export class SimNetwork {
  readonly #random: Random;
  readonly #cuts = new Set<string>();
  #conditions: Pick<Profile, "delayMsMax" | "lossPercent" | "duplicatePercent">;

  constructor(random: Random, conditions: Profile) {
    this.#random = random;
    this.#conditions = conditions;
  }

  /** The delay of each copy that will arrive: none, one or two. */
  route(from: number, to: number): readonly number[] {
    if (this.isCut(from, to) || this.#random.below(100) < this.#conditions.lossPercent) return [];
    const isDuplicated = this.#random.below(100) < this.#conditions.duplicatePercent;
    return isDuplicated ? [this.#delay(), this.#delay()] : [this.#delay()];
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(`${from}>${to}`);
  }

  /** Cuts the direction `from` → `to` only. */
  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
  }

  /** Reconnects everything; the links stay as bad as they are. */
  reconnect(): void {
    this.#cuts.clear();
  }

  /** From now on every message arrives once, soon. */
  calm(): void {
    this.reconnect();
    this.#conditions = { delayMsMax: 5, lossPercent: 0, duplicatePercent: 0 };
  }

  // Mostly short, sometimes as long as the profile allows: long tails are what reorders.
  #delay(): number {
    const { delayMsMax } = this.#conditions;
    const bound = this.#random.below(4) === 0 ? delayMsMax : Math.min(delayMsMax, 10);
    return 1 + this.#random.below(bound);
  }
}
