/** Who hears whom, and how late: loss, delay and walls, drawn from one seed. */
import type { SeededRandom } from "../seeded-random.ts";

export class Links {
  /** Of messages, 0–1. */
  lossRate = 0;
  delayMsMin = 1;
  delayMsMax = 20;
  /** Whether what `from` sends never reaches `to`. */
  isCut: (from: number, to: number) => boolean = () => false;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The delay of one message in whole milliseconds; undefined when it is lost. */
  draw(from: number, to: number): number | undefined {
    if (this.isCut(from, to)) return undefined;
    if (this.lossRate > 0 && this.#random.below(10_000) < this.lossRate * 10_000) return undefined;
    return this.delayMsMin + this.#random.below(this.delayMsMax - this.delayMsMin + 1);
  }
}
