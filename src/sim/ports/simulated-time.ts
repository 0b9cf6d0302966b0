import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timer, Timers } from "../../kernel/ports/timers.ts";

interface ScheduledCall {
  readonly atMs: number;
  readonly sequence: number;
  /** Undefined when it was cancelled: it stays in the heap until its time, and what it would have run holds on to a lot. */
  run: (() => void) | undefined;
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
  /** Calls that the last `advance` ran, and one more, which finds that there is none. */
  #expectedSteps = STEPS_PER_TURN_MAX;
  /** By how much the time of day is off. */
  wallOffsetMs = 0;

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.wallOffsetMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const call: ScheduledCall = { atMs: this.#nowMs + delayMs, sequence: this.#sequence++, run };
    this.#push(call);
    return {
      cancel: (): void => {
        call.run = undefined;
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
    let runCount = 0;
    let end: "reached" | "done" | undefined;
    const step = (): void => {
      if (end !== undefined) return;
      if (runCount > 0 && isDone()) end = "done";
      else if (this.#runNext(untilMs)) runCount += 1;
      else end = "reached";
    };
    let stepCount = this.#expectedSteps;
    while (end === undefined) {
      await turn(step, stepCount);
      stepCount = STEPS_PER_TURN_MAX;
    }
    this.#expectedSteps = Math.min(runCount + 1, STEPS_PER_TURN_MAX);
    if (end === "reached") this.#nowMs = untilMs;
  }

  // Answers whether there was one.
  #runNext(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      this.#nowMs = next.atMs;
      run();
      return true;
    }
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

/** A turn of the event loop costs more than most calls, so that many share one; but each of them costs too, whether it finds a call or not. */
const STEPS_PER_TURN_MAX = 32;

// Each step is a macrotask of its own. Simulated ports settle within microtasks, all of which run between two of them.
function turn(step: () => void, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) setImmediate(step);
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
