import type { Clock } from "../../src/kernel/ports/clock.ts";

/** When each member of a group was last heard from. */
export class HeardTimes {
  readonly #clock: Clock;
  readonly #heardMs = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A message has come from `raftId`. */
  note(raftId: number): void {
    this.#heardMs.set(raftId, this.#clock.monotonicMs());
  }

  /** Whether it was heard from in the last `windowMs`. */
  isWithin(raftId: number, windowMs: number): boolean {
    const heardMs = this.#heardMs.get(raftId);
    return heardMs !== undefined && this.#clock.monotonicMs() - heardMs <= windowMs;
  }

  /** Forgets all others. */
  keep(raftIds: ReadonlySet<number>): void {
    for (const raftId of this.#heardMs.keys()) {
      if (!raftIds.has(raftId)) this.#heardMs.delete(raftId);
    }
  }
}
