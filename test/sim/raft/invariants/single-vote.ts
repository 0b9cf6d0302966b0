import type { RaftMessage } from "../../../../cluster/raft/index.ts";
import { mustHold } from "../observation.ts";

/**
 * Raft §5.2: a node votes for one candidate in a term, across restarts. A request for votes is a vote for oneself.
 * Votes count when they leave the node: one that a crash kept from leaving was never given.
 */
export class SingleVote {
  readonly name = "single vote";
  readonly #votes = new Map<string, number>();

  checkSent(message: RaftMessage): void {
    const { from, to, term } = message;
    if (message.type === "vote") this.#record(from, term, from);
    if (message.type === "voteAnswer" && message.isGranted) this.#record(from, term, to);
  }

  #record(voter: number, term: number, candidate: number): void {
    const key = `${voter} in ${term}`;
    const other = this.#votes.get(key) ?? candidate;
    mustHold(other === candidate, `node ${voter} votes for ${other} and ${candidate} in ${term}`);
    this.#votes.set(key, candidate);
  }
}
