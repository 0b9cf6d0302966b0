import type {
  Entry,
  HardState,
  RaftEffects,
  RaftEvent,
  RaftStatus,
  Snapshot,
} from "../../../cluster/raft/index.ts";
import { toHex } from "../../../src/kernel/bytes.ts";

/** What would survive a crash of one node. */
export interface DurableState {
  readonly hardState: HardState;
  readonly snapshot: Snapshot;
  readonly lastIndex: number;
  /** The last index that was ever durable, replaced since or not. */
  readonly longestIndex: number;
  entryAt(index: number): Entry | undefined;
}

/** One step of one node, as the checkers see it. */
export interface Observation {
  readonly nodeId: number;
  /** Counts the node's starts: two incarnations of a node are different players with one memory. */
  readonly incarnation: number;
  readonly event: RaftEvent["type"];
  readonly before: RaftStatus;
  readonly after: RaftStatus;
  readonly effects: RaftEffects;
  /** The entry in the node's memory; `undefined` where its log does not reach. */
  readonly entryAt: (index: number) => Entry | undefined;
  /** Of all nodes, in the order of their ids from 1. */
  readonly disks: readonly DurableState[];
}

/** One property that must hold after every step. `check` throws `SimViolation`. */
export interface Invariant {
  readonly name: string;
  check(observation: Observation): void;
}

/** The cluster did what Raft forbids. */
export class SimViolation extends Error {
  override readonly name = "SimViolation";
}

/** Throws `SimViolation` unless `condition` holds. */
export function mustHold(condition: boolean, message: string): asserts condition {
  if (!condition) throw new SimViolation(message);
}

/** Term and content: entries at one index are the same entry if and only if these are equal. */
export function entryIdentity(entry: Entry): string {
  return `${entry.term}:${toHex(entry.data)}`;
}
