import { assert } from "../../src/kernel/assert.ts";
import type { Random } from "../../src/kernel/ports/random.ts";

/** How one node behaves. Ticks are the driver's: Fabric's default is 500 ms each, with 10 and 1 below. */
export interface RaftOptions {
  /** This node's id, from 1. */
  readonly id: number;
  /**
   * An election starts after a random time in [electionTicks, 2·electionTicks) without a leader; a leader that hears
   * no majority for electionTicks steps down. Above `heartbeatTicks`; 10 times that is usual.
   */
  readonly electionTicks: number;
  /** Ticks between a leader's heartbeats, from 1. */
  readonly heartbeatTicks: number;
  /** Bytes of entries in one append. An entry above it travels alone. */
  readonly messageBytesMax: number;
  /** Appends on their way to one follower, from 1. At the bound the leader waits for an acknowledgement. */
  readonly inflightMessagesMax: number;
  /** Bytes of entries on their way to one follower, at least `messageBytesMax`. At the bound the leader waits. */
  readonly inflightBytesMax: number;
  /**
   * Bytes of entries not yet committed (at a leader) or not yet durable (at a follower), at least `messageBytesMax`.
   * Above it a leader refuses proposals as "busy" and a follower leaves appends unanswered, to be sent again.
   */
  readonly pendingBytesMax: number;
  /** Bytes of committed entries handed out and not yet reported as applied. Above it the next ones wait. */
  readonly applyBytesMax: number;
  /** Source of the election jitter, and of nothing else. */
  readonly random: Random;
  /** Ask whether an election could be won before standing for it (thesis §9.6). Default true. */
  readonly preVote?: boolean;
  /**
   * Ask those again that have not answered, every `heartbeatTicks`, as long as the election lasts (Raft §5.1); and of two
   * that ask for pre-votes at one time let one go first. A leader that hears no majority counts its silence from the last
   * word, and names a successor. Without it a lost message, a split vote or an unheard leader costs another election timeout.
   * Default true.
   */
  readonly hastensElections?: boolean;
  /** A leader that hears no majority steps down, and votes are ignored while one is heard (thesis §6.2). Default true. */
  readonly checkQuorum?: boolean;
  /** A leader that is no longer a voter follows at once. Without it, it leads on until another is elected. Default true. */
  readonly stepDownOnRemoval?: boolean;
  /**
   * A change of the members is in force once its commit is durable; then, and for one election timeout, a leader tells a
   * member that was removed. Without it a change is in force once it is committed, and nobody sees to it that the removed
   * one hears of it. Default true.
   */
  readonly tellsRemoved?: boolean;
  /**
   * Answers to candidates tell what is committed. Without it, a candidate that has not heard of a change's commit may for good
   * need votes that it cannot get. Default true.
   */
  readonly tellsCommit?: boolean;
  /**
   * False for a node that may have forgotten what it voted for: it neither votes nor campaigns until a change of the
   * configuration that names it, and that was proposed after its start, is in force. Default true.
   */
  readonly mayVote?: boolean;
}

/** What may change while a node runs. Absent: as it is. */
export type RaftTuning = Partial<
  Pick<
    RaftOptions,
    | "electionTicks"
    | "heartbeatTicks"
    | "messageBytesMax"
    | "inflightMessagesMax"
    | "inflightBytesMax"
    | "pendingBytesMax"
  >
>;

/** Options with every default filled in. */
export type ResolvedOptions = Required<RaftOptions>;

/** Fills in the defaults. */
export function resolveOptions(options: RaftOptions): ResolvedOptions {
  const defaults = {
    preVote: true,
    hastensElections: true,
    checkQuorum: true,
    stepDownOnRemoval: true,
    tellsRemoved: true,
    tellsCommit: true,
    mayVote: true,
  };
  return { ...defaults, ...options };
}

/** Throws `InvariantViolation` on options that contradict each other: the host validates what an operator wrote. */
export function assertOptions(options: RaftOptions): void {
  assertPositive(options.id, "a node id is an integer from 1");
  assertPositive(options.heartbeatTicks, "heartbeats are a positive number of ticks apart");
  assertPositive(options.messageBytesMax, "an append may carry bytes");
  assertPositive(options.inflightMessagesMax, "a follower may have an append on its way");
  assertPositive(options.applyBytesMax, "committed entries may be handed out");
  assert(
    Number.isSafeInteger(options.electionTicks) && options.electionTicks > options.heartbeatTicks,
    "a follower waits longer than the time between two heartbeats",
  );
  assert(
    options.inflightBytesMax >= options.messageBytesMax,
    "one full append fits into what may be on its way",
  );
  assert(options.pendingBytesMax >= options.messageBytesMax, "one full append may be pending");
}

function assertPositive(value: number, reason: string): void {
  assert(Number.isSafeInteger(value) && value >= 1, reason);
}
