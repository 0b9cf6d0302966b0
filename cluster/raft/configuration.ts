/** Who takes part in a group, and in which part (Raft §6; thesis §4.2.1, §4.3). */

/**
 * The members of a group, as raftpb.ConfState: ids from 1, ascending, none twice within a list.
 *
 * While `votersOutgoing` is not empty the configuration is joint: what is decided needs a majority of `voters` and one
 * of `votersOutgoing`. Learners receive the log and decide nothing.
 *
 * Invariant: `learners` shares no id with either list of voters, and each of `learnersNext` is in `votersOutgoing`.
 */
export interface RaftConfiguration {
  readonly voters: readonly number[];
  /** The voters before the change under way; empty unless joint. */
  readonly votersOutgoing: readonly number[];
  readonly learners: readonly number[];
  /** Voters of the outgoing half that become learners once it is left; empty unless joint. */
  readonly learnersNext: readonly number[];
  /** The leader leaves the joint configuration by itself as soon as it is in force; false unless joint. */
  readonly autoLeave: boolean;
}

/** One step of a change. An id of 0 changes nothing, nor does "update", by which an application marks an entry. */
export interface ConfChangeOp {
  readonly type: "addVoter" | "addLearner" | "remove" | "update";
  readonly id: number;
}

/**
 * raftpb.ConfChangeV2. "auto": through a joint configuration only if there are several steps; "implicit" and "explicit":
 * always. All but "explicit" leave it by themselves. "auto" without steps is the change that leaves it.
 */
export interface ConfChange {
  readonly transition: "auto" | "implicit" | "explicit";
  readonly ops: readonly ConfChangeOp[];
  /** Opaque to Raft. */
  readonly context: Uint8Array;
}

/** A configuration of `voters` alone, in any order. */
export function configurationOf(voters: readonly number[]): RaftConfiguration {
  return {
    voters: ascending(voters),
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  };
}

/** Whether decisions need both halves (Raft §6, "joint consensus"). */
export function isJoint(configuration: RaftConfiguration): boolean {
  return configuration.votersOutgoing.length > 0;
}

/** Everyone who receives the log: voters of either half and learners, ascending. */
export function membersOf(configuration: RaftConfiguration): readonly number[] {
  const { voters, votersOutgoing, learners } = configuration;
  return ascending([...voters, ...votersOutgoing, ...learners]);
}

/** Whether both name the same members in the same parts. */
export function isSameConfiguration(a: RaftConfiguration, b: RaftConfiguration): boolean {
  return (
    isSameList(a.voters, b.voters) &&
    isSameList(a.votersOutgoing, b.votersOutgoing) &&
    isSameList(a.learners, b.learners) &&
    isSameList(a.learnersNext, b.learnersNext) &&
    a.autoLeave === b.autoLeave
  );
}

/** Each of `ids` once, ascending. */
export function ascending(ids: Iterable<number>): readonly number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, position) => id === b[position]);
}
