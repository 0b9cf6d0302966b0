import type { Random } from "../../kernel/ports/random.ts";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Timers } from "../../kernel/ports/timers.ts";
import type { NodeName } from "../contracts.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { Signatures } from "../ports/signatures.ts";
import type { NetworkHost, SimulatedNetwork } from "../ports/simulated-network.ts";

/** What administrators are given of a simulated network. */
export interface AdministeredWorld {
  readonly clock: Clock & Timers;
  readonly network: SimulatedNetwork;
  /** The machine that they work at. */
  readonly clientHost: NetworkHost;
  readonly signatures: Signatures;
  readonly nodes: ReadonlyMap<NodeName, SimulatedNode>;
  /** Contracts that every peer has. */
  readonly contractNames: readonly string[];
  random(purpose: string): Random;
  trace(kind: string, text: string): void;
}
