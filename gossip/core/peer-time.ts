/** A moment in one peer's own history: which of its runs, and how far into it. Never compared between peers. */
export interface PeerTime {
  /** The start of the run in nanoseconds since 1970; unsigned 64-bit. */
  readonly incarnation: bigint;
  /** Grows with every message of the run; unsigned 64-bit. */
  readonly sequence: bigint;
}

const UINT64_MAX = 2n ** 64n - 1n;

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

/** The next moment of the same run; the last one there is stays as it is. */
export function nextPeerTime(time: PeerTime): PeerTime {
  const sequence = time.sequence < UINT64_MAX ? time.sequence + 1n : time.sequence;
  return { incarnation: time.incarnation, sequence };
}
