import type { Schedule, ScheduledFault } from "./schedule.ts";

export interface ShrinkOptions {
  /** Runs that may be spent on it. */
  readonly runsMax: number;
}

export interface Shrunk {
  readonly schedule: Schedule;
  readonly runs: number;
}

/** Faults that last no longer than this are short enough. */
const FAULT_MS_ENOUGH = 100;

/**
 * A smaller schedule that still fails: chunks of faults are left out, from halves down to single ones, then what is left
 * is made shorter. `fails` runs the seed with a schedule; the one given is known to fail.
 */
export async function shrinkSchedule(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
  { runsMax }: ShrinkOptions,
): Promise<Shrunk> {
  const shrinking = new Shrinking(schedule, fails, runsMax);
  await shrinking.leaveOut();
  await shrinking.endEarlier();
  await shrinking.shorten();
  return { schedule: shrinking.best, runs: shrinking.runs };
}

class Shrinking {
  readonly #fails: (candidate: Schedule) => Promise<boolean>;
  readonly #runsMax: number;
  best: Schedule;
  runs = 0;

  constructor(
    schedule: Schedule,
    fails: (candidate: Schedule) => Promise<boolean>,
    runsMax: number,
  ) {
    this.best = schedule;
    this.#fails = fails;
    this.#runsMax = runsMax;
  }

  async leaveOut(): Promise<void> {
    let size = Math.ceil(this.best.faults.length / 2);
    while (size >= 1) {
      const isSmaller = await this.#leaveOutChunks(size);
      // A pass of single ones is repeated while it helps: what one fault needed may be gone now.
      if (size === 1 && !isSmaller) return;
      size = Math.max(Math.floor(size / 2), 1);
      if (this.best.faults.length === 0 || this.runs >= this.#runsMax) return;
    }
  }

  /** The chaos need not last beyond the last fault. */
  async endEarlier(): Promise<void> {
    const end = Math.max(0, ...this.best.faults.map(({ atMs, forMs }) => atMs + forMs));
    if (end < this.best.durationMs) await this.#try({ ...this.best, durationMs: end });
  }

  async shorten(): Promise<void> {
    for (let index = 0; index < this.best.faults.length; index += 1) {
      let isShorter = true;
      while (isShorter) isShorter = await this.#halve(index);
    }
  }

  async #leaveOutChunks(size: number): Promise<boolean> {
    const before = this.best.faults.length;
    for (let start = 0; start < this.best.faults.length;) {
      const faults = this.best.faults.toSpliced(start, size);
      if (!(await this.#try({ ...this.best, faults }))) start += size;
    }
    return this.best.faults.length < before;
  }

  async #halve(index: number): Promise<boolean> {
    const fault = this.best.faults[index];
    if (fault === undefined || fault.forMs <= FAULT_MS_ENOUGH) return false;
    const shorter: ScheduledFault = { ...fault, forMs: Math.floor(fault.forMs / 2) };
    return this.#try({ ...this.best, faults: this.best.faults.with(index, shorter) });
  }

  async #try(candidate: Schedule): Promise<boolean> {
    if (this.runs >= this.#runsMax) return false;
    this.runs += 1;
    if (!(await this.#fails(candidate))) return false;
    this.best = candidate;
    return true;
  }
}
