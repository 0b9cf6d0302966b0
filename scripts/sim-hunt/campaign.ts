import { FAILPOINT_STATES, Sometimes, SOMETIMES_STATES } from "../../src/sim/index.ts";
import type { CountedRun } from "./messages.ts";

const HOUR_MS = 3_600_000;

/** What many seeds together have shown. */
export class Campaign {
  readonly #sometimes = new Sometimes();
  #seeds = 0;
  #voidSeeds = 0;
  #failingSeeds = 0;
  #simulatedMs = 0;
  #runMs = 0;
  #events = 0;
  #blocks = 0;
  readonly #outcomes = { acknowledged: 0, refused: 0, unknown: 0 };

  add(run: CountedRun): void {
    this.#seeds += 1;
    if (run.isVoid) this.#voidSeeds += 1;
    if (run.violationCount > 0) this.#failingSeeds += 1;
    this.#simulatedMs += run.simulatedMs;
    this.#runMs += run.cpuMs;
    this.#events += run.events;
    this.#blocks += run.blocks;
    for (const kind of ["acknowledged", "refused", "unknown"] as const) {
      this.#outcomes[kind] += run[kind];
    }
    this.#sometimes.add(run.sometimes);
  }

  /** One line. */
  progress(): string {
    const hours = (this.#simulatedMs / HOUR_MS).toFixed(2);
    const speed = Math.round(this.#simulatedMs / Math.max(this.#runMs, 1));
    return `${this.#seeds} seeds, ${hours} simulated hours at ${speed}x, ${this.#failingSeeds} violated, ${this.#voidSeeds} void`;
  }

  /** Several lines: the figures, and what was never reached. */
  summary(): string {
    const { acknowledged, refused, unknown } = this.#outcomes;
    const missed = this.#sometimes.missed();
    const unfired = this.#sometimes.missedFailpoints();
    return [
      this.progress(),
      `${this.#events} events, ${this.#blocks} blocks, ${acknowledged} calls acknowledged, ${refused} refused, ${unknown} of unknown end`,
      `${this.#sometimes.reachedCount()} of ${SOMETIMES_STATES.length} states reached`,
      ...missed.map((state) => `never reached: ${state}`),
      `${FAILPOINT_STATES.length - unfired.length} of ${FAILPOINT_STATES.length} failpoints fired`,
      ...unfired.map((state) => `never fired: ${state}`),
    ].join("\n");
  }

  /** 0: nothing found. 1: something is violated. 2: nothing was committed, so nothing is shown. */
  get exitCode(): number {
    if (this.#failingSeeds > 0) return 1;
    return this.#seeds === this.#voidSeeds ? 2 : 0;
  }
}
