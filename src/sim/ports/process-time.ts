import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timer, Timers } from "../../kernel/ports/timers.ts";
import type { ClockSkew } from "../contracts.ts";
import type { SimulatedTime } from "./simulated-time.ts";

const NO_SKEW: ClockSkew = { offsetMs: 0, driftPerMille: 0 };

/**
 * The clock and timers of one process: they end with it, stand still while it is paused, and may be wrong. Whatever reaches a
 * process from outside comes through `run` too.
 */
export class ProcessTime implements Clock, Timers {
  readonly #time: SimulatedTime;
  #skew: ClockSkew;
  // Of the moment at which the skew was set: what was counted before it stays counted.
  #baseMs = 0;
  #baseCountedMs = 0;
  #state: "runs" | "paused" | "dead" = "runs";
  #deferred: (() => void)[] = [];

  constructor(time: SimulatedTime, skew: ClockSkew = NO_SKEW) {
    this.#time = time;
    this.#skew = skew;
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  monotonicMs(): number {
    const sinceMs = this.#time.monotonicMs() - this.#baseMs;
    return this.#baseCountedMs + sinceMs * this.#rate;
  }

  wallMs(): number {
    const { offsetMs } = this.#skew;
    return Math.floor(
      this.#time.wallMs() - this.#time.monotonicMs() + this.monotonicMs() + offsetMs,
    );
  }

  after(delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const timer = this.#time.after(delayMs / this.#rate, () => {
      this.run(() => {
        // Cancelled while it waited for a paused process.
        if (!isCancelled) run();
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  every(intervalMs: number, run: () => void): Timer {
    let isCancelled = false;
    let timer: Timer;
    const again = (): void => {
      timer = this.after(intervalMs, () => {
        run();
        if (!isCancelled) again();
      });
    };
    again();
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Runs it now, at the end of a pause, or never. */
  run(what: () => void): void {
    switch (this.#state) {
      case "runs":
        what();
        return;
      case "paused":
        this.#deferred.push(what);
        return;
      case "dead":
        return;
    }
  }

  skew(skew: ClockSkew): void {
    this.#baseCountedMs = this.monotonicMs();
    this.#baseMs = this.#time.monotonicMs();
    this.#skew = skew;
  }

  pause(): void {
    if (this.#state === "runs") this.#state = "paused";
  }

  /** What came meanwhile comes now, in its order. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "runs";
    for (const what of this.#deferred.splice(0)) this.run(what);
  }

  kill(): void {
    this.#state = "dead";
    this.#deferred = [];
  }

  get #rate(): number {
    return 1 + this.#skew.driftPerMille / 1_000;
  }
}
