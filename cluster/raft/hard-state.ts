/** What a node must remember across a crash besides its log (Raft figure 2, "persistent state"). */
export interface HardState {
  /** Latest term seen; 0 before the first election. */
  readonly term: number;
  /** Whom this node voted for in `term`. */
  readonly votedFor: number | undefined;
  /**
   * An index known to be committed and durable here, so never above the end of the stored log. A hint: it may lag
   * behind what was committed, and losing its latest value is harmless.
   */
  readonly commit: number;
}

/** True when the difference must reach the disk before anything is promised: the commit index need not. */
export function differsInVote(a: HardState, b: HardState): boolean {
  return a.term !== b.term || a.votedFor !== b.votedFor;
}
