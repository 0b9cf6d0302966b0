import { ApplyQueue } from "./apply-queue.ts";
import { applyChanges, impliedCommit } from "./conf-change-rules.ts";
import type { HardState } from "./hard-state.ts";
import { RaftLog } from "./log.ts";
import { Membership } from "./membership.ts";
import type { ResolvedOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { PersistQueue } from "./persist-queue.ts";
import type { Readmission } from "./readmission.ts";
import type { RestoredState } from "./restored-state.ts";
import type { Role } from "./role.ts";
import { SnapshotStore } from "./snapshot-store.ts";

/**
 * Everything one node knows. The rules in follower.ts, candidate.ts, leader.ts and election.ts act on it; nothing
 * outside this folder sees it. `term`, `votedFor` and `role` change in transition.ts only, `membership` in
 * membership-rules.ts only.
 */
export class RaftState {
  /** Replaced in configure.ts only. */
  options: ResolvedOptions;
  readonly id: number;
  readonly log: RaftLog;
  readonly persistQueue: PersistQueue;
  readonly applyQueue: ApplyQueue;
  readonly snapshots: SnapshotStore;
  readonly outbox: Outbox = new Outbox();
  /** In force: after the last applied change, or that of the last snapshot received. */
  membership: Membership;
  term: number;
  votedFor: number | undefined;
  role: Role = { type: "follower", leaderId: undefined };
  /** Ticks since a leader was heard or a vote granted; at a leader, since it last counted its followers. */
  electionElapsed = 0;
  /** Invariant: electionTicks ≤ electionTimeout < 2·electionTicks. */
  electionTimeout: number;
  /**
   * The log up to here is known to equal the log of the current term's leader: what a heartbeat may commit. 0 after a
   * change of term and after a restart.
   */
  matchedIndex = 0;
  readmission: Readmission;

  /** `restored` passed `checkRestored`. */
  constructor(options: ResolvedOptions, restored: RestoredState) {
    const { hardState, snapshot, entries, appliedIndex } = restored;
    this.options = options;
    this.id = options.id;
    this.term = hardState.term;
    this.votedFor = hardState.votedFor;
    // What was applied was committed, even if the hint in the hard state never reached the disk.
    const committed = Math.max(hardState.commit, appliedIndex, impliedCommit(entries));
    this.log = new RaftLog(snapshot, entries, committed);
    this.persistQueue = new PersistQueue(this.log.last.index, hardState);
    this.applyQueue = new ApplyQueue(appliedIndex, options.applyBytesMax);
    this.snapshots = new SnapshotStore(snapshot);
    const applied = this.log.slice(snapshot.index, appliedIndex);
    this.membership = new Membership(applyChanges(snapshot.configuration, applied));
    this.readmission = options.mayVote ? { type: "none" } : { type: "awaitsLeader" };
    this.electionTimeout = drawElectionTimeout(options);
  }

  get leaderId(): number | undefined {
    if (this.role.type === "leader") return this.id;
    return this.role.type === "follower" ? this.role.leaderId : undefined;
  }

  /** `commit` counts durable entries only, so that a restart can tell a log that lost its end. */
  get hardState(): HardState {
    const commit = Math.min(this.log.committed, this.persistQueue.durable);
    return { term: this.term, votedFor: this.votedFor, commit };
  }

  /** The members but this node, in ascending order. */
  peers(): readonly number[] {
    return this.membership.members.filter((member) => member !== this.id);
  }
}

/** Raft §5.2: each node waits for a time of its own, drawn anew for each wait, so that split votes do not repeat. */
export function drawElectionTimeout({ electionTicks, random }: ResolvedOptions): number {
  return electionTicks + random.below(electionTicks);
}
