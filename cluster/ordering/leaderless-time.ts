import type { Clock } from "../../src/kernel/ports/clock.ts";

/** For how long a member has known no leader. */
export class LeaderlessTime {
  readonly #clock: Clock;
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called at every check. */
  note(isLed: boolean): void {
    if (isLed) this.#sinceMs = undefined;
    else this.#sinceMs ??= this.#clock.monotonicMs();
  }

  /** Since it began or since `fromMs`, whichever is later; negative while there is a leader. */
  elapsedMs(fromMs: number): number {
    return this.#clock.monotonicMs() - Math.max(this.#sinceMs ?? Infinity, fromMs);
  }
}
