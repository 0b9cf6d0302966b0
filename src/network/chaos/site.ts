import type {
  DirectionFaults,
  DiskFaults,
  Failpoint,
  OneWayCut,
  PowerLoss,
} from "../../faults/index.ts";
import type { FabricClient } from "../client/fabric-client.ts";
import type { SiteAbilities } from "./abilities.ts";
import type { Undo } from "./chaos-control.ts";
import type { NetworkNames, Role } from "./steps.ts";

/** A peer, and a client whose gateway it is. */
export interface PeerClient {
  readonly peer: string;
  readonly client: FabricClient;
}

/** A node that a course of faults added. */
export interface AddedNode {
  readonly name: string;
  readonly role: Role;
}

/** Told of what is being done. */
export type OnStep = (text: string) => void;

/** What a run of chaos needs of a network, be its nodes processes or not. Nodes are named in full. */
export interface ChaosSite {
  readonly channelId: string;
  readonly names: NetworkNames;
  readonly abilities: SiteAbilities;
  /** Nodes that do not run. */
  down(): Promise<readonly string[]>;
  /** The orderer that says it leads; undefined while none does. */
  leader(): Promise<string | undefined>;
  /** Blocks of each node; undefined of one that does not answer. */
  heights(): Promise<readonly (number | undefined)[]>;
  cut(cuts: readonly OneWayCut[]): Promise<Undo>;
  degrade(name: string, faults: Partial<DirectionFaults>): Promise<Undo>;
  reset(a: string, b: string): Promise<void>;
  disk(name: string, faults: Partial<DiskFaults>): Promise<Undo>;
  clock(name: string, offsetMs: number): Promise<Undo>;
  /** Rejects where there are no processes. */
  pause(name: string): Promise<Undo>;
  /** Taken back, the node is started again. */
  kill(name: string): Promise<Undo>;
  /** As `kill`, and what the node had not flushed is left or lost by chance. */
  losePower(name: string, powerLoss: PowerLoss): Promise<Undo>;
  /** The node dies at a step. Taken back, it is started again, or no longer waits for that. */
  crashAt(name: string, failpoint: Failpoint): Promise<Undo>;
  /** Those that were added and not removed. */
  readonly added: readonly AddedNode[];
  /** Resolves when the node is level and counts, whatever comes in between; rejects where nodes cannot be added. */
  addNode(role: Role, onStep: OnStep): Promise<void>;
  /** Takes out one that was added. */
  removeNode(node: AddedNode, onStep: OnStep): Promise<void>;
  /** Takes all faults back, starts what is down, and resolves when the network can serve. */
  makeWhole(): Promise<void>;
  /** One for each peer, on new connections. */
  clients(): Promise<readonly PeerClient[]>;
  /** Ends the connections of `clients`. */
  disconnect(): void;
}
