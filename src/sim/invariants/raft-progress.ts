import type { Invariant, NetworkView, NodeName, OrdererView, RaftView } from "../contracts.ts";
import { firstViolation } from "./first-violation.ts";

interface Progress {
  readonly startCount: number;
  readonly raft: RaftView;
}

/** Raft figure 2: while a process runs, term, commit and application never fall, and no more is applied than committed. */
export class RaftProgress implements Invariant {
  readonly name = "raft goes forward";
  readonly #before = new Map<NodeName, Progress>();

  check(view: NetworkView): string | undefined {
    return firstViolation(view.orderers, (orderer) => this.#violationOf(orderer));
  }

  #violationOf({ name, raft, startCount }: OrdererView): string | undefined {
    if (raft === undefined) return undefined;
    const before = this.#before.get(name);
    this.#before.set(name, { startCount, raft });
    if (raft.appliedIndex > raft.commitIndex) {
      return `${name} has applied ${raft.appliedIndex} of ${raft.commitIndex} committed entries`;
    }
    // Another id is another member, with a past of its own.
    if (before?.startCount !== startCount || before.raft.raftId !== raft.raftId) return undefined;
    for (const field of ["term", "commitIndex", "appliedIndex"] as const) {
      if (raft[field] < before.raft[field]) {
        return `${field} of ${name} falls from ${before.raft[field]} to ${raft[field]}`;
      }
    }
    return undefined;
  }
}
