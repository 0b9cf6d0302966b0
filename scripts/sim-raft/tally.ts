import type { RaftFound } from "./messages.ts";

const HOUR_MS = 3_600_000;

/** What is counted over all runs. */
const COUNTS = [
  "simulatedMs",
  "stepCount",
  "leaderCount",
  "committedCount",
  "changeCount",
  "installedCount",
  "readCount",
] as const;

export type RaftCounts = Record<(typeof COUNTS)[number], number>;

/** What many Raft groups together have shown. */
export class RaftTally {
  readonly counts: RaftCounts = {
    simulatedMs: 0,
    stepCount: 0,
    leaderCount: 0,
    committedCount: 0,
    changeCount: 0,
    installedCount: 0,
    readCount: 0,
  };
  readonly violations: string[] = [];
  seedCount = 0;
  /** Runs in which no leader was elected, or nothing committed: they show nothing. */
  voidCount = 0;

  add(found: RaftFound): void {
    this.seedCount += 1;
    if (found.kind === "violation") {
      this.violations.push(found.text);
      return;
    }
    const { result } = found;
    if (result.leaderCount === 0 || result.committedCount === 0) this.voidCount += 1;
    for (const name of COUNTS) this.counts[name] += result[name];
  }

  /** One line. */
  progress(): string {
    const hours = (this.counts.simulatedMs / HOUR_MS).toFixed(1);
    return `${this.seedCount} seeds, ${hours} simulated hours, ${this.violations.length} violated`;
  }

  /** Two lines: the figures, and what happened in the groups. */
  summary(): string {
    const { stepCount, leaderCount, committedCount, changeCount, installedCount, readCount } =
      this.counts;
    return [
      `${this.progress()}, ${this.voidCount} void`,
      `${stepCount} steps checked, ${leaderCount} leaders, ${committedCount} entries committed, ` +
        `${changeCount} changes of the members, ${installedCount} snapshots installed, ${readCount} reads answered`,
    ].join("\n");
  }

  /** 0: nothing found. 1: something is violated. 2: nothing was committed anywhere, so nothing is shown. */
  get exitCode(): number {
    if (this.violations.length > 0) return 1;
    return this.voidCount === this.seedCount ? 2 : 0;
  }
}
