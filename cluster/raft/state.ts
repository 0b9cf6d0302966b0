import { ApplyQueue } from "./apply-queue.ts";
import type { HardState } from "./hard-state.ts";
import { RaftLog } from "./log.ts";
import type { RaftOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { PersistQueue } from "./persist-queue.ts";
import type { RestoredState } from "./restored-state.ts";
import type { Role } from "./role.ts";

/**
 * Everything one node knows. The rules in follower.ts, candidate.ts, leader.ts and election.ts act on it; nothing
 * outside this folder sees it. `term`, `votedFor` and `role` change in transition.ts only.
 */
export class RaftState {
  readonly options: RaftOptions;
  readonly id: number;
  readonly voters: ReadonlySet<number>;
  readonly log: RaftLog;
  readonly persistQueue: PersistQueue;
  readonly applyQueue: ApplyQueue;
  readonly outbox: Outbox = new Outbox();
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

  /** `restored` passed `checkRestored`. */
  constructor(options: RaftOptions, restored: RestoredState) {
    const { hardState, prefix, entries, appliedIndex } = restored;
    this.options = options;
    this.id = options.id;
    this.voters = new Set([...restored.voters].sort((a, b) => a - b));
    this.term = hardState.term;
    this.votedFor = hardState.votedFor;
    // What was applied was committed, even if the hint in the hard state never reached the disk.
    const committed = Math.max(hardState.commit, appliedIndex);
    this.log = new RaftLog(prefix, entries, committed);
    this.persistQueue = new PersistQueue(this.log.last.index, hardState);
    this.applyQueue = new ApplyQueue(appliedIndex, options.applyBytesMax);
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

  /** The voters but this node, in ascending order. */
  peers(): readonly number[] {
    return [...this.voters].filter((voter) => voter !== this.id);
  }
}

/** Raft §5.2: each node waits for a time of its own, drawn anew for each wait, so that split votes do not repeat. */
export function drawElectionTimeout({ electionTicks, random }: RaftOptions): number {
  return electionTicks + random.below(electionTicks);
}
