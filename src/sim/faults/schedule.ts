/** Faults as data: what happens to whom, when, and for how long. JSON keeps and replays it. */
import type { ClockSkew, DiskState, LinkQuality, NodeName } from "../contracts.ts";

/** The names of a network's nodes. */
export interface Nodes {
  readonly orderers: readonly NodeName[];
  readonly peers: readonly NodeName[];
  /** Those of the peers that join the channel while it runs. */
  readonly joiners?: readonly NodeName[];
}

/** A node by its name, or `leader`: whoever leads when the fault comes. */
export type Victim = NodeName;

/** What can go wrong. Everything but `reset`, `failpoint` and `step` lasts, and ends when the fault does. */
export type Fault =
  /** The process dies; with `power`, what was not flushed may be lost or torn. It starts again at the end. */
  | { readonly kind: "crash"; readonly nodes: readonly Victim[]; readonly power: boolean }
  | { readonly kind: "pause"; readonly node: Victim }
  /** It dies, everything that it stored is gone, and it starts with nothing at the end. */
  | { readonly kind: "lose-disk"; readonly node: NodeName }
  /** Nothing passes from any of `from` to any of `to`. */
  | { readonly kind: "cut"; readonly from: readonly Victim[]; readonly to: readonly NodeName[] }
  | {
      readonly kind: "link";
      readonly from: readonly NodeName[];
      readonly to: readonly NodeName[];
      readonly quality: LinkQuality;
    }
  | { readonly kind: "reset"; readonly a: Victim; readonly b: NodeName }
  /** With `restarts`, the process begins anew on a disk that has rotted, and meets what it would not have read for long. */
  | {
      readonly kind: "disk";
      readonly node: Victim;
      readonly state: DiskState;
      readonly restarts?: boolean;
    }
  | { readonly kind: "clock"; readonly node: Victim; readonly skew: ClockSkew }
  /** A crash with power loss between two durable steps; it starts again at the end. */
  | { readonly kind: "failpoint"; readonly node: Victim; readonly durableStep: number }
  /** As a failpoint, at a step by its name: the first that is taken while this lasts. With `restarts`, the process begins anew now. */
  | {
      readonly kind: "step";
      readonly node: Victim;
      readonly step: string;
      readonly when: "before" | "after";
      readonly restarts: boolean;
    }
  /** The leader reaches `follower` alone, and dies after `reachMs`: what it ordered last is on two disks. */
  | { readonly kind: "strand"; readonly follower: NodeName; readonly reachMs: number };

export interface ScheduledFault {
  /** From the beginning of the chaos. */
  readonly atMs: number;
  readonly forMs: number;
  readonly fault: Fault;
}

export interface Schedule {
  /** Of the chaos; what lasts longer ends with it. */
  readonly durationMs: number;
  /** In the order of `atMs`. */
  readonly faults: readonly ScheduledFault[];
}
