import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import { TICK_PAUSE_MS_MAX } from "./limits.ts";

export interface TickerDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The shortest time between two ticks. */
  readonly tickIntervalMs: number;
  /** A tick before this time would do nothing. */
  readonly nextDueMs: (nowMs: number) => number;
  /** `lateMs`: for so long, at most, this process did nothing when it should have; 0 when it is in time. */
  readonly tick: (lateMs: number) => void;
}

/** Ticks when something is due: not at once, since what comes together is done together, and never much later than once a second. */
export class Ticker {
  readonly #deps: TickerDeps;
  #timer: Timer | undefined;
  #armedMs = Infinity;
  #tickedMs = 0;
  /** When this process last did something in time. */
  #activeMs = 0;
  #isTicking = false;
  #isStopped = false;

  constructor(deps: TickerDeps) {
    this.#deps = deps;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Ticks, and goes on with it. */
  start(): void {
    this.#tick(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** An event was handled: the next tick has to come at `dueMs`. */
  stepped(dueMs: number, nowMs: number): void {
    if (this.#timer === undefined || this.#isTicking) return;
    if (!this.#isOverdue(nowMs)) this.#activeMs = nowMs;
    const atMs = Math.max(dueMs, nowMs + this.#deps.tickIntervalMs);
    if (atMs < this.#armedMs) this.#arm(atMs, nowMs);
  }

  // Events that are handled before the timer that should have come first say nothing of how long it was waited for.
  #isOverdue(nowMs: number): boolean {
    return nowMs - this.#armedMs >= this.#deps.tickIntervalMs;
  }

  #wake(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#isOverdue(nowMs)) this.#tick(nowMs - this.#activeMs);
    else if (nowMs - this.#tickedMs >= TICK_PAUSE_MS_MAX) this.#tick(0);
    else if (nowMs >= this.#deps.nextDueMs(nowMs)) this.#tick(0);
    else this.#armNext(nowMs);
  }

  #tick(lateMs: number): void {
    this.#isTicking = true;
    try {
      this.#deps.tick(lateMs);
    } finally {
      this.#isTicking = false;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    this.#activeMs = nowMs;
    this.#tickedMs = nowMs;
    this.#armNext(nowMs);
  }

  #armNext(nowMs: number): void {
    const { nextDueMs, tickIntervalMs } = this.#deps;
    const soonestMs = Math.max(nextDueMs(nowMs), nowMs + tickIntervalMs);
    this.#arm(Math.min(soonestMs, this.#tickedMs + TICK_PAUSE_MS_MAX), nowMs);
  }

  #arm(atMs: number, nowMs: number): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#armedMs = atMs;
    // Rounded up: a timer that comes a moment too early would find nothing to do.
    this.#timer = this.#deps.timers.after(Math.ceil(atMs - nowMs), () => {
      this.#wake();
    });
  }
}
