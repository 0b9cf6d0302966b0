import { TxValidationCode } from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import type { Oracle } from "../workload/oracle.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

/** What lacks endorsements may be ordered, and no peer finds it valid. */
export class UnendorsedIsInvalid implements Invariant {
  readonly name = "unendorsed is invalid";
  readonly #oracle: Oracle;
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    this.#oracle = oracle;
    this.#history = history;
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    if (this.#oracle.unendorsed.size === 0) return undefined;
    this.#history.advance(view);
    this.#places.advance();
    return firstViolation(this.#oracle.unendorsed, (txId) => {
      const place = this.#places.placeOf(txId);
      if (place?.code !== TxValidationCode.VALID) return undefined;
      return `${txId} lacks endorsements, and is valid in block ${place.block}`;
    });
  }
}
