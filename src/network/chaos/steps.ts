/** What a course of faults consists of. */
import type { Failpoint } from "../../faults/index.ts";
import type { Shape } from "./shapes.ts";
import type { SiteAbilities } from "./abilities.ts";

/** Whom a step hits: by role at that moment, or by name. */
export type Target =
  | { readonly kind: "leader" }
  | { readonly kind: "follower" }
  | { readonly kind: "first-peer" }
  | { readonly kind: "node"; readonly name: string };

export const LEADER: Target = { kind: "leader" };

export function node(name: string): Target {
  return { kind: "node", name };
}

/** A fault of one node. */
export type NodeFault = { readonly target: Target } & (
  | { readonly kind: "kill" | "pause" | "isolate" }
  /** What the target sends to the other orderers is lost; what they send arrives. */
  | { readonly kind: "mute" }
  /** Its connections to all orderers break, once. */
  | { readonly kind: "reset" }
  | { readonly kind: "degrade"; readonly loss: number; readonly delayMs: number }
  /** That share of its messages comes twice, and the next one overtakes as many. */
  | { readonly kind: "jumble"; readonly share: number }
  | { readonly kind: "slow-disk"; readonly delayMs: number }
  | { readonly kind: "disk-full" }
  /** What relied on its flushes stops for good: it is started again when the fault is taken back. */
  | { readonly kind: "fail-disk" }
  | { readonly kind: "clock"; readonly offsetMs: number }
  /** What it has not flushed is left or lost as the seed chooses; then it is started again. */
  | { readonly kind: "power-loss"; readonly seed: number }
  /** It dies at a step, if it takes that while the fault is in force, and is started again. */
  | { readonly kind: "crash-at"; readonly failpoint: Failpoint }
);

/** What a node of a running network does. */
export type Role = "orderer" | "peer";

/** A node is added to the network, or one that the course added is removed; `meanwhile` hits another in the middle of it. */
export interface MemberChange {
  readonly kind: "add" | "remove";
  readonly role: Role;
  readonly meanwhile: NodeFault;
}

export type Fault =
  | NodeFault
  | MemberChange
  | { readonly kind: "shape"; readonly shape: Shape }
  | { readonly kind: "outage"; readonly role: "orderers" | "peers" }
  /** The power of all of them goes at once. */
  | { readonly kind: "blackout"; readonly role: "orderers" | "peers"; readonly seed: number }
  /** One orderer is left behind, the leader is killed, and only the one left behind reaches the others. */
  | { readonly kind: "constrained" }
  | { readonly kind: "peers-split" }
  | { readonly kind: "peers-cut-off" };

/** Whether a network of these abilities can be done that to. */
export function isPossible(fault: Fault, abilities: SiteAbilities): boolean {
  const { hasProcesses, hasFaultLayer, canGrow } = abilities;
  switch (fault.kind) {
    case "add":
    case "remove":
      return canGrow && isPossible(fault.meanwhile, abilities);
    case "pause":
      return hasProcesses;
    case "reset":
    case "degrade":
    case "jumble":
    case "slow-disk":
    case "disk-full":
    case "fail-disk":
    case "clock":
    case "power-loss":
    case "crash-at":
    case "blackout":
      return hasFaultLayer;
    case "kill":
    case "isolate":
    case "mute":
    case "shape":
    case "outage":
    case "constrained":
    case "peers-split":
    case "peers-cut-off":
      return true;
  }
}

/** A fault and how long it holds. Faults come one after the other. */
export interface Step {
  /** After the end of the step before. */
  readonly waitMs: number;
  readonly fault: Fault;
  readonly holdMs: number;
}

export interface NetworkNames {
  readonly orderers: readonly string[];
  readonly peers: readonly string[];
}
