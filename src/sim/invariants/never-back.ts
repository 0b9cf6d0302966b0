import type { Invariant, NetworkView, NodeName, OrdererView, PeerView } from "../contracts.ts";
import { firstViolation } from "./first-violation.ts";

interface Reached {
  readonly height: number;
  readonly ledgersLost: number;
  readonly rotCount: number;
}

/**
 * A node that has shown a block has it for ever: what can be seen was flushed before. Only with its disk it may lose it, and the
 * newest one where bits of its files were flipped: a flip there looks like a write that was torn, and is cut off.
 */
export class NeverBack implements Invariant {
  readonly name = "never back";
  readonly #reached = new Map<NodeName, Reached>();

  check(view: NetworkView): string | undefined {
    const nodes = [...view.orderers, ...view.peers];
    return firstViolation(nodes, (node) => this.#violationOf(node));
  }

  #violationOf(node: OrdererView | PeerView): string | undefined {
    if (!node.isUp) return undefined;
    const { name, height, ledgersLost, rotCount = 0 } = node;
    const before = this.#reached.get(name);
    this.#reached.set(name, { height, ledgersLost, rotCount });
    if (before?.ledgersLost !== ledgersLost) return undefined;
    const lowest = before.rotCount === rotCount ? before.height : before.height - 1;
    if (height >= lowest) return undefined;
    return `${name} had ${before.height} blocks and has ${height} after start ${node.startCount}`;
  }
}
