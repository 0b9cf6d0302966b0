import type { Invariant, NetworkView } from "../contracts.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlace, TransactionPlaces } from "./transaction-places.ts";

/** Of transactions that somebody has marked, each is where it may be, with a code that it may have. */
export abstract class MarkedTransactions implements Invariant {
  abstract readonly name: string;
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;
  readonly #marked: ReadonlySet<string>;

  /** `marked`: ids; grows. */
  constructor(marked: ReadonlySet<string>, history: LedgerHistory, places: TransactionPlaces) {
    this.#marked = marked;
    this.#history = history;
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    if (this.#marked.size === 0) return undefined;
    this.#history.advance(view);
    this.#places.advance();
    return firstViolation(this.#marked, (txId) => {
      const place = this.#places.placeOf(txId);
      return place && this.violationOf(txId, place);
    });
  }

  /** What is wrong with a place in the chain; undefined: nothing. */
  protected abstract violationOf(txId: string, place: TransactionPlace): string | undefined;
}
