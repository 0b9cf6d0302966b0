import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timer, Timers } from "../../kernel/ports/timers.ts";

interface ScheduledCall {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/**
 * The `Clock` and `Timers` ports over virtual time. Time stands still while drivers work: `advance` runs one due call,
 * then lets every promise that it set off settle, then goes on to the next.
 */
export class SimulatedTime implements Clock, Timers {
  // A binary heap by time, then by order of scheduling.
  readonly #heap: ScheduledCall[] = [];
  #nowMs = 0;
  #sequence = 0;
  /** By how much the time of day is off. */
  wallOffsetMs = 0;

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.wallOffsetMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const call = {
      atMs: this.#nowMs + delayMs,
      sequence: this.#sequence++,
      run,
      isCancelled: false,
    };
    this.#push(call);
    return {
      cancel: (): void => {
        call.isCancelled = true;
      },
    };
  }

  every(intervalMs: number, run: () => void): Timer {
    let timer: Timer;
    let isCancelled = false;
    const again = (): void => {
      timer = this.after(intervalMs, () => {
        run();
        if (!isCancelled) again();
      });
    };
    again();
    return {
      cancel: (): void => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  /** Lets `durationMs` pass, or less when `isDone` says so after a call. */
  async advance(durationMs: number, isDone: () => boolean = () => false): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      next.run();
      await settle();
      if (isDone()) return;
    }
    this.#nowMs = untilMs;
  }

  #push(call: ScheduledCall): void {
    const heap = this.#heap;
    let index = heap.push(call) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, call)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = call;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = heap[child];
      const other = heap[child + 1];
      if (below === undefined) break;
      if (other !== undefined && isBefore(other, below)) {
        child += 1;
        below = other;
      }
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: ScheduledCall, b: ScheduledCall): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}

// Simulated ports settle within microtasks, all of which run before the next macrotask.
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
