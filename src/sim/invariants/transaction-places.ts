import { Cursor } from "./cursor.ts";
import type { JudgedBlock, LedgerHistory } from "./ledger-history.ts";

/** Where a transaction stands in the chain, by its first copy. */
export interface TransactionPlace {
  readonly block: number;
  readonly index: number;
  readonly code: number;
}

/** Where every transaction stands of which a peer has given its verdict. */
export class TransactionPlaces {
  readonly #judged: Cursor<JudgedBlock>;
  readonly #places = new Map<string, TransactionPlace>();

  constructor(history: LedgerHistory) {
    this.#judged = new Cursor(history.judged);
  }

  advance(): void {
    for (const { number, filter, transactions } of this.#judged.unread()) {
      for (const [index, { txId }] of transactions.entries()) {
        if (this.#places.has(txId)) continue;
        this.#places.set(txId, { block: number, index, code: filter[index] ?? -1 });
      }
    }
  }

  placeOf(txId: string): TransactionPlace | undefined {
    return this.#places.get(txId);
  }
}
