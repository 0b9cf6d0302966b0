/** A moment in one peer's own history: which of its runs, and how far into it. Never compared between peers. */
export interface PeerTime {
  /** The start of the run in nanoseconds since 1970; unsigned 64-bit. */
  readonly incarnation: bigint;
  /** Grows with every message of the run; unsigned 64-bit. */
  readonly sequence: bigint;
}

const UINT64_MAX = 2n ** 64n - 1n;

/** The last run that there can be: Fabric's peers reckon with a signed time, which ends in 2262. */
const INCARNATION_MAX = 2n ** 63n - 1n;
const NANOS_PER_MS = 1_000_000n;

/** Negative when `a` is earlier than `b`, 0 when they are the same moment. */
export function comparePeerTimes(a: PeerTime, b: PeerTime): number {
  if (a.incarnation !== b.incarnation) return a.incarnation < b.incarnation ? -1 : 1;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return 0;
}

/** How a message relates to what is known of its owner. */
export type Freshness = "news" | "known" | "stale";

/** `last`: of the newest message of the same owner; undefined when there is none. */
export function freshnessOf(time: PeerTime, last: PeerTime | undefined): Freshness {
  if (last === undefined) return "news";
  const order = comparePeerTimes(time, last);
  if (order === 0) return "known";
  return order > 0 ? "news" : "stale";
}

/** The run of a process that starts now, by its clock, however wrong that is. */
export function incarnationAt(wallMs: number): bigint {
  const nanos = BigInt(Math.max(0, Math.floor(wallMs))) * NANOS_PER_MS;
  return nanos < INCARNATION_MAX ? nanos : INCARNATION_MAX;
}

/** The first moment of the earliest run after that of `time`; where there is none, the next moment of the same run. */
export function laterRun(time: PeerTime): PeerTime {
  if (time.incarnation >= INCARNATION_MAX) return nextPeerTime(time);
  return { incarnation: time.incarnation + 1n, sequence: 1n };
}

/** The next moment of the same run; the last one there is stays as it is. */
export function nextPeerTime(time: PeerTime): PeerTime {
  const sequence = time.sequence < UINT64_MAX ? time.sequence + 1n : time.sequence;
  return { incarnation: time.incarnation, sequence };
}
