import type { Invariant, NetworkView } from "../contracts.ts";
import type { Oracle } from "../workload/oracle.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

/** What was first asked for with a certificate that had ended is in no block. Only where no node's clock is wrong. */
export class ExpiredStaysOut implements Invariant {
  readonly name = "expired stays out";
  readonly #oracle: Oracle;
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    this.#oracle = oracle;
    this.#history = history;
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    if (this.#oracle.expired.size === 0) return undefined;
    this.#history.advance(view);
    this.#places.advance();
    return firstViolation(this.#oracle.expired, (txId) => {
      const place = this.#places.placeOf(txId);
      if (place === undefined) return undefined;
      return `${txId} was signed with a certificate that had ended, and is in block ${place.block}`;
    });
  }
}
