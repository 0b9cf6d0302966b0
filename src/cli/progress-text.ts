/** A line that says how far a ledger is: a bar, blocks, rate, time left. */

/** Blocks at a moment; times in milliseconds of one clock. */
export interface Reading {
  readonly height: number;
  readonly target: number;
  readonly atMs: number;
}

export interface Pace {
  readonly blocksPerSecond: number;
  /** Undefined while nothing moves. */
  readonly leftSeconds: number | undefined;
}

const BAR_WIDTH = 24;

/** The pace from the first reading to the newest. */
export function paceOf(first: Reading, newest: Reading): Pace {
  const seconds = (newest.atMs - first.atMs) / 1_000;
  const blocksPerSecond = seconds > 0 ? Math.max(0, newest.height - first.height) / seconds : 0;
  const missing = Math.max(0, newest.target - newest.height);
  const isStill = blocksPerSecond === 0 && missing > 0;
  return {
    blocksPerSecond,
    leftSeconds: isStill ? undefined : missing === 0 ? 0 : missing / blocksPerSecond,
  };
}

/** `[██████····] 1,200 of 2,000 blocks, 480/s, 2 s left`. */
export function progressText(newest: Reading, pace: Pace): string {
  const { height, target } = newest;
  const done = target === 0 ? 1 : Math.min(1, height / target);
  const filled = Math.floor(done * BAR_WIDTH);
  const bar = `${"█".repeat(filled)}${"·".repeat(BAR_WIDTH - filled)}`;
  const left = pace.leftSeconds === undefined ? "" : `, ${timeText(pace.leftSeconds)} left`;
  const blocks = `${countText(height)} of ${countText(target)} blocks`;
  return `[${bar}] ${blocks}, ${countText(Math.round(pace.blocksPerSecond))}/s${left}`;
}

function countText(count: number): string {
  return count.toLocaleString("en-US");
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
