/** What the parts of a simulated network know of each other: views for invariants, a target for faults, a port for clients. */
import type { Random } from "../kernel/ports/random.ts";
import type { Envelope } from "../wire/index.ts";

/** As in development networks: `orderer1`, `peer1`. */
export type NodeName = string;

/** What of an orderer invariants may look at. */
export interface OrdererView {
  readonly name: NodeName;
  readonly isUp: boolean;
  /** Starts of its process so far. What a process knew by heart is gone with the next one. */
  readonly startCount: number;
  /** How often so far it lost what it had of the channel: with its disk, or because the channel was removed there. */
  readonly ledgersLost: number;
  /** How often so far bits of its files were flipped. Absent: never. */
  readonly rotCount?: number;
  /** Since when the certificate that it signs with has ended; undefined while it is valid. */
  readonly endedSinceMs?: number | undefined;
  /** Blocks in its store: those an acknowledgement may rest on. 0 while it is down. */
  readonly height: number;
  /** Undefined while it is down or takes no part in Raft. */
  readonly raft: RaftView | undefined;
  /** What its process says of itself: the largest value of a metric; 0 for none. */
  readonly gauge?: (name: string) => number;
  /** The bytes as stored; undefined for what it has not. */
  block(number: number): Uint8Array | undefined;
}

export interface RaftView {
  readonly raftId: number;
  readonly term: number;
  readonly role: "leader" | "follower" | "candidate" | "learner";
  /** Raft id of the leader it follows; 0 without one. */
  readonly leader: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly voters: readonly number[];
  /** A change of the members is under way. */
  readonly isChanging?: boolean;
}

export interface StateRow {
  readonly key: string;
  readonly value: Uint8Array;
}

/** What of a peer invariants may look at. */
export interface PeerView {
  readonly name: NodeName;
  readonly mspId: string;
  readonly isUp: boolean;
  /** As of an orderer. */
  readonly startCount: number;
  readonly ledgersLost: number;
  readonly rotCount?: number;
  readonly endedSinceMs?: number | undefined;
  /** Blocks in its ledger; 0 while it is down. */
  readonly height: number;
  /** When all that it had stored was last read: what came later, invariants may not have seen. */
  readonly seenAtMs: number;
  readonly livingMembers: readonly NodeName[];
  /** As of an orderer. */
  readonly gauge?: (name: string) => number;
  /** The bytes as stored, with validation codes and commit hash in the metadata. */
  block(number: number): Uint8Array | undefined;
  state(namespace: string, key: string): Uint8Array | undefined;
  stateEntries(namespace: string): Iterable<StateRow>;
  /** Private values on its disk, those that are out of date among them. */
  privateEntries(namespace: string, collection: string): Iterable<StateRow>;
  /** The private value that belongs to the committed hash; undefined where it does not hold that, or where there is none. */
  privateValue(namespace: string, collection: string, key: string): Uint8Array | undefined;
}

export interface NetworkView {
  readonly atMs: number;
  readonly orderers: readonly OrdererView[];
  readonly peers: readonly PeerView[];
  /** Everything that waits somewhere, with the bound it must keep. */
  readonly queues: readonly {
    readonly name: string;
    readonly length: number;
    readonly lengthMax: number;
    /** What of it may be left when the network has healed and nobody calls. Absent: any number. */
    readonly restMax?: number;
  }[];
}

/** Looks and never touches. A violation is a text that says what, where, at which height, and the two values. */
export interface Invariant {
  readonly name: string;
  /** What it demands at the end comes about by and by: a run waits for it, as long as it waits for anything. */
  readonly isEventual?: boolean;
  /** Called after every commit of any node. Incremental: it keeps what it has seen. */
  check(view: NetworkView): string | undefined;
  /** Called once, when the network has healed. */
  atEnd?(view: NetworkView): string | undefined;
}

export interface LinkQuality {
  readonly delayMs: number;
  /** Up to so much is added to each message's delay. */
  readonly jitterMs: number;
  /** Shares of messages, 0 to 1. A transport without loss breaks the connection instead. */
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
}

export type DiskState =
  | { readonly kind: "well" | "full" | "failing-sync" }
  | { readonly kind: "slow"; readonly delayMs: number }
  /** `isOfLog`: of Raft's log alone; in any file otherwise. */
  | { readonly kind: "rot"; readonly flips: number; readonly isOfLog?: boolean };

/** `offsetMs` is added to the time of day; timers run `driftPerMille` faster (or slower, when negative). */
export interface ClockSkew {
  readonly offsetMs: number;
  readonly driftPerMille: number;
}

/** Before or after the next durable step of a name. */
export interface StepOfNode {
  readonly step: string;
  readonly when: "before" | "after";
}

/** Where a process crashes: in the n-th durable step from now, or at the next of a name. */
export type Failpoint = { readonly durableStep: number } | StepOfNode;

/** What the nemesis can do. Every effect is deterministic; what makes no sense (a restart of what runs) does nothing. */
export interface FaultTarget {
  readonly orderers: readonly NodeName[];
  readonly peers: readonly NodeName[];
  leader(): NodeName | undefined;
  /** `power`: what was not flushed may be lost or torn. Otherwise only the process dies. */
  crash(node: NodeName, how: { readonly power: boolean }): void;
  restart(node: NodeName): void;
  pause(node: NodeName): void;
  resume(node: NodeName): void;
  /** Whether what the node has is somewhere else, and the channel keeps a majority without it. */
  mayLoseDisk(node: NodeName): boolean;
  /** An orderer's disk is going to be lost: until it is and the orderer is replaced, no other's may be. */
  condemn(node: NodeName): void;
  /** Of a node that is down. */
  loseDisk(node: NodeName): void;
  /** One way. */
  cut(from: NodeName, to: NodeName): void;
  mend(from: NodeName, to: NodeName): void;
  /** One way. */
  link(from: NodeName, to: NodeName, quality: LinkQuality): void;
  /** Breaks the connections between the two. */
  reset(a: NodeName, b: NodeName): void;
  disk(node: NodeName, state: DiskState): void;
  clock(node: NodeName, skew: ClockSkew): void;
  /** Orders a crash with power loss until what is returned is called. `onFire`: it crashes. */
  failpoint(node: NodeName, point: Failpoint, onFire?: () => void): () => void;
  /** Ends everything that can be ended: links mended, disks and clocks well, what is down started, what is paused resumed. */
  heal(): void;
}

/** What a client knows when its call is over. `unknown`: it may have been ordered, or may still be. */
export type Outcome = CallEnd & {
  /** The client's certificate had ended when it began. */
  readonly isExpired?: boolean;
};

type CallEnd =
  | {
      readonly kind: "acknowledged";
      readonly txId: string;
      /** `TxValidationCode`. */
      readonly code: number;
      readonly envelope: Envelope;
    }
  | { readonly kind: "refused"; readonly reason: string; readonly envelope?: Envelope }
  | {
      readonly kind: "unknown";
      readonly txId: string | undefined;
      readonly envelope?: Envelope;
      /** A gateway said that an orderer has it: it will be committed, nobody knows with which code. */
      readonly isOrdered?: boolean;
    };

/** What an administrator knows when a command is over. `unknown`: some of it may have been done. */
export interface AdminOutcome {
  readonly kind: "acknowledged" | "refused" | "unknown";
  readonly reason?: string;
}

export type ConsenterChange =
  | {
      readonly remove: NodeName;
      /** What the orderer is rid of once it is out. */
      readonly wipe: "nothing" | "the channel" | "its disk";
    }
  | { readonly add: NodeName }
  /** It gets a TLS certificate of another key, as by `heddle orderer replace`; once. */
  | { readonly renew: NodeName };

/** What clients can do. They call over the simulated network, so calls fail as real ones do. Never rejects. */
export interface ClientPort {
  /** Endorses, submits and awaits the commit through the gateway of `peer`. */
  transact(peer: NodeName, contract: string, fn: string, args: readonly string[]): Promise<Outcome>;
  /** Sends an envelope that was made before, through an orderer's Broadcast. */
  resend(orderer: NodeName, envelope: Envelope): Promise<Outcome>;
  /** Has a call endorsed, lets `spoil` change the transaction, signs that, and sends it through an orderer's Broadcast. */
  sneak(
    peer: NodeName,
    orderer: NodeName,
    call: readonly [contract: string, fn: string, ...args: readonly string[]],
    spoil: (prepared: Envelope) => Envelope,
  ): Promise<Outcome>;
  /** As administrators do, with all that it takes: an orderer that comes back joins the channel first. */
  changeConsenters(change: ConsenterChange): Promise<AdminOutcome>;
  /** A peer that runs and has not joined the channel joins it. */
  joinPeer(name: NodeName): Promise<AdminOutcome>;
}

/** Everything that faults, workload and invariants are given. */
export interface SimPorts {
  readonly time: { nowMs(): number; after(ms: number, run: () => void): void };
  /** The source of one purpose: drawing from it leaves all others as they are. */
  random(purpose: string): Random;
  readonly target: FaultTarget;
  readonly clients: ClientPort;
  view(): NetworkView;
  /** One line of the trace. */
  trace(kind: string, text: string): void;
  /** Counts a state that a campaign should reach at some time. */
  sometimes(state: string): void;
}
