import type { Random } from "../../src/kernel/ports/random.ts";

/**
 * When each of several recurring tasks is due. First times are spread over the interval, or peers that start together
 * would speak together for ever.
 */
export class Schedule<Task extends string> {
  readonly #intervalsMs: Readonly<Record<Task, number>>;
  readonly #nextMs = new Map<Task, number>();

  constructor(intervalsMs: Readonly<Record<Task, number>>, random: Random, nowMs: number) {
    this.#intervalsMs = intervalsMs;
    for (const task of Object.keys(intervalsMs) as Task[]) {
      this.#nextMs.set(task, nowMs + random.below(Math.ceil(intervalsMs[task])));
    }
  }

  /** True once an interval, from the time on that the task is due. */
  isDue(task: Task, nowMs: number): boolean {
    if (nowMs < (this.#nextMs.get(task) ?? 0)) return false;
    this.#nextMs.set(task, nowMs + this.#intervalsMs[task]);
    return true;
  }

  /** From when on the task is due. */
  nextMs(task: Task): number {
    return this.#nextMs.get(task) ?? 0;
  }

  /** Makes the task due now. */
  hasten(task: Task): void {
    this.#nextMs.set(task, 0);
  }
}
