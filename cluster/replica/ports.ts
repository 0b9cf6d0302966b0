import type { Entry, RaftMessage, RoleType, Snapshot } from "../raft/index.ts";

/** What a replica says of its place in the group. */
export interface Leadership {
  readonly role: RoleType;
  readonly term: number;
  /** Undefined while none is known. */
  readonly leaderId: number | undefined;
}

/** What the log is for. The replica calls it; it is written by who owns the replica. */
export interface ReplicaApplication {
  /**
   * Takes committed entries, in order and consecutive; the next call comes after this one has resolved. After a restart
   * it begins with the entry after `appliedIndex`, or, in a member that was added to a group that ran, with entries whose
   * effects are there already. A rejection stops the replica for good.
   */
  apply(entries: readonly Entry[]): Promise<void>;
  /** Bytes of entries after which a snapshot is taken. */
  snapshotIntervalBytes(): number;
  /** What stands for the state after the newest applied entry. `undefined`: there is nothing to stand for yet. */
  snapshotData(): Promise<Uint8Array | undefined>;
  /** Brings the state to that of the snapshot, in the place of the entries up to its index. As `apply`. */
  restore(snapshot: Snapshot): Promise<void>;
  /** True while entries wait because its disk is full: then this member neither orders nor takes new entries. */
  readonly isFull: boolean;
  /** Role, term or leader changed. May propose. */
  leadershipChanged(leadership: Leadership): void;
  /** The replica has stopped for good and answers no one: its disk or the application failed. */
  failed(error: Error): void;
}

/** Sends to the other members. Messages may be lost, repeated and reordered, as Raft permits; never altered. */
export interface PeerTransport {
  /** Does not wait and does not throw. */
  send(message: RaftMessage): void;
}
