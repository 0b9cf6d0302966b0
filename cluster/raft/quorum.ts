/**
 * Majorities: set arithmetic that knows nothing of logs or messages (Raft §5.2, §5.4.2).
 * A joint configuration (Raft §6) combines two such answers: the smaller index, and a win only if both are won.
 */

/** How an election stands. `lost`: the missing votes can no longer win it. */
export type VoteResult = "pending" | "won" | "lost";

/**
 * Largest index that a majority of `voters` has acknowledged; a voter without an entry in `acknowledged` counts as 0.
 * Infinity without voters, so that an empty half of a joint configuration does not hold the other back.
 */
export function committedIndex(
  voters: ReadonlySet<number>,
  acknowledged: (voter: number) => number | undefined,
): number {
  const indexes = Array.from(voters, (voter) => acknowledged(voter) ?? 0).sort((a, b) => b - a);
  return indexes[majority(voters) - 1] ?? Number.POSITIVE_INFINITY;
}

/** Result of `votes` (true: granted) among `voters`. Votes of others do not count. Won without voters, for the same reason. */
export function voteResult(
  voters: ReadonlySet<number>,
  votes: ReadonlyMap<number, boolean>,
): VoteResult {
  if (voters.size === 0) return "won";
  let granted = 0;
  let missing = 0;
  for (const voter of voters) {
    const vote = votes.get(voter);
    if (vote === undefined) missing += 1;
    else if (vote) granted += 1;
  }
  if (granted >= majority(voters)) return "won";
  return granted + missing >= majority(voters) ? "pending" : "lost";
}

/** Both halves of a configuration; the outgoing one is empty unless it is joint. */
export interface JointVoters {
  readonly voters: ReadonlySet<number>;
  readonly votersOutgoing: ReadonlySet<number>;
}

/** Largest index that a majority of each half has acknowledged; Infinity if both halves are empty. */
export function jointCommittedIndex(
  { voters, votersOutgoing }: JointVoters,
  acknowledged: (voter: number) => number | undefined,
): number {
  const index = committedIndex(voters, acknowledged);
  return Math.min(index, committedIndex(votersOutgoing, acknowledged));
}

/** Won only in both halves, and lost as soon as it is in one. */
export function jointVoteResult(
  { voters, votersOutgoing }: JointVoters,
  votes: ReadonlyMap<number, boolean>,
): VoteResult {
  const results = [voteResult(voters, votes), voteResult(votersOutgoing, votes)];
  if (results.includes("lost")) return "lost";
  return results.includes("pending") ? "pending" : "won";
}

function majority(voters: ReadonlySet<number>): number {
  return Math.floor(voters.size / 2) + 1;
}
