import type { Invariant, NetworkView, NodeName, OrdererView, PeerView } from "../contracts.ts";
import { firstViolation } from "./first-violation.ts";

/**
 * A node that has shown a block has it for ever: what can be seen was flushed before. Only with its disk it may lose it.
 */
export class NeverBack implements Invariant {
  readonly name = "never back";
  readonly #highest = new Map<
    NodeName,
    { readonly height: number; readonly ledgersLost: number }
  >();

  check(view: NetworkView): string | undefined {
    const nodes = [...view.orderers, ...view.peers];
    return firstViolation(nodes, (node) => this.#violationOf(node));
  }

  #violationOf(node: OrdererView | PeerView): string | undefined {
    if (!node.isUp) return undefined;
    const { name, height, ledgersLost } = node;
    const before = this.#highest.get(name);
    this.#highest.set(name, { height, ledgersLost });
    if (before === undefined || before.ledgersLost !== ledgersLost || height >= before.height) {
      return undefined;
    }
    return `${name} had ${before.height} blocks and has ${height} after start ${node.startCount}`;
  }
}
