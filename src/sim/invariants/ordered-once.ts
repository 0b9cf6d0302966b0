import type { Invariant, NetworkView } from "../contracts.ts";
import type { LedgerHistory } from "./ledger-history.ts";

/**
 * Orderers take a transaction once, however often and to whomever it is sent: runs are far shorter than what they remember.
 * Looked at in the end, since what peers make of a second copy matters more.
 */
export class OrderedOnce implements Invariant {
  readonly name = "ordered once";
  readonly #history: LedgerHistory;

  constructor(history: LedgerHistory) {
    this.#history = history;
  }

  check(): undefined {
    return undefined;
  }

  atEnd(view: NetworkView): string | undefined {
    this.#history.advance(view);
    const blockOf = new Map<string, number>();
    for (const { number, transactions } of this.#history.blocks) {
      for (const { txId, kind } of transactions) {
        if (kind !== "endorsed") continue;
        const earlier = blockOf.get(txId);
        if (earlier !== undefined) return `${txId} of block ${earlier} is in block ${number} too`;
        blockOf.set(txId, number);
      }
    }
    return undefined;
  }
}
