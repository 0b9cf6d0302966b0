import { toHex } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory, StoredBlock } from "./ledger-history.ts";
import { hashOf, isSameBlock } from "./read-block.ts";

/** At one height every orderer and every peer has the same header and the same data, for ever. */
export class NoFork implements Invariant {
  readonly name = "no fork";
  readonly #history: LedgerHistory;
  readonly #stored: Cursor<StoredBlock>;

  constructor(history: LedgerHistory) {
    this.#history = history;
    this.#stored = new Cursor(history.stored);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    return firstViolation(this.#stored.unread(), (stored) => this.#violationOf(stored));
  }

  atEnd(view: NetworkView): string | undefined {
    this.#history.readAgain(view);
    return this.check(view);
  }

  #violationOf({ node, number, block }: StoredBlock): string | undefined {
    if (block === undefined) return `${node} has no readable block ${number} below its height`;
    const first = this.#history.blocks[number];
    if (first === undefined || isSameBlock(first.block, block)) return undefined;
    const [here, there] = [hashOf(block), hashOf(first.block)].map(toHex);
    return `block ${number} is ${here} with ${block.data.length} envelopes at ${node}, ${there} with ${first.block.data.length} at ${first.firstSeenAt}`;
  }
}
