/** Who hears whom, and how late: loss, delay and walls, drawn from one seed. */
import type { SeededRandom } from "../seeded-random.ts";

export class Links {
  /** Of messages, 0–1. */
  lossRate = 0;
  delayMsMin = 1;
  delayMsMax = 20;
  /** Of messages, 0–1: those that somebody says once more, up to `replayMsMax` later. */
  replayRate = 0;
  replayMsMax = 60_000;
  /** Whether what `from` sends never reaches `to`. */
  isCut: (from: number, to: number) => boolean = () => false;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The delay of one message in whole milliseconds; undefined when it is lost. */
  draw(from: number, to: number): number | undefined {
    if (this.isCut(from, to)) return undefined;
    if (this.#isOneOf(this.lossRate)) return undefined;
    return this.delayMsMin + this.#random.below(this.delayMsMax - this.delayMsMin + 1);
  }

  /** When a message that has arrived is heard again, in whole milliseconds; undefined: never. */
  drawReplay(): number | undefined {
    return this.#isOneOf(this.replayRate) ? 1 + this.#random.below(this.replayMsMax) : undefined;
  }

  #isOneOf(rate: number): boolean {
    return rate > 0 && this.#random.below(10_000) < rate * 10_000;
  }
}
