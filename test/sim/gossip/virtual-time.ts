import type { Clock } from "../../../src/kernel/ports/clock.ts";
import type { Timer, Timers } from "../../../src/kernel/ports/timers.ts";

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const WALL_ORIGIN_MS = 1_700_000_000_000;

/** Time that passes only when it is told to: what is due runs in order, and all that it sets in motion settles before the next. */
export class VirtualTime implements Clock, Timers {
  #nowMs = 0;
  #order = 0;
  /** The latest first, so that the next one is at the end. */
  readonly #due: Due[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return WALL_ORIGIN_MS + this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), order: (this.#order += 1), run };
    this.#due.splice(this.#position(due), 0, due);
    return {
      cancel: () => {
        const index = this.#due.indexOf(due);
        if (index >= 0) this.#due.splice(index, 1);
      },
    };
  }

  every(intervalMs: number, run: () => void): Timer {
    let timer: Timer | undefined;
    const arm = (): void => {
      timer = this.after(intervalMs, () => {
        arm();
        run();
      });
    };
    arm();
    return {
      cancel: () => {
        timer?.cancel();
      },
    };
  }

  /** Lets `durationMs` pass. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass until `condition` holds; answers how long that took, or undefined when it took longer than `limitMs`. */
  async passUntil(condition: () => boolean, limitMs: number): Promise<number | undefined> {
    const startMs = this.#nowMs;
    while (!condition()) {
      if (this.#nowMs - startMs >= limitMs) return undefined;
      await this.pass(10);
    }
    return this.#nowMs - startMs;
  }

  #next(untilMs: number): Due | undefined {
    const next = this.#due.at(-1);
    return next !== undefined && next.atMs <= untilMs ? this.#due.pop() : undefined;
  }

  #position(due: Due): number {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(due, this.#due[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
