import { Envelope, tryDecode } from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import type { Oracle } from "../workload/oracle.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { HistoryBlock, LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

/** What was refused for good, and what nobody signed, is in no block. */
export class RefusedStaysOut implements Invariant {
  readonly name = "refused stays out";
  readonly #oracle: Oracle;
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;
  readonly #blocks: Cursor<HistoryBlock>;

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    this.#oracle = oracle;
    this.#history = history;
    this.#blocks = new Cursor(history.blocks);
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    return firstViolation(this.#blocks.unread(), (block) => this.#forgedIn(block));
  }

  atEnd(view: NetworkView): string | undefined {
    const violation = this.check(view);
    if (violation !== undefined) return violation;
    this.#places.advance();
    for (const txId of this.#oracle.refused) {
      const place = this.#places.placeOf(txId);
      if (place !== undefined) return `${txId} was refused and is in block ${place.block}`;
    }
    return undefined;
  }

  #forgedIn({ number, block }: HistoryBlock): string | undefined {
    if (!this.#oracle.hasForged) return undefined;
    const index = block.data.findIndex((bytes) => {
      const envelope = tryDecode(Envelope, bytes);
      return envelope !== undefined && this.#oracle.isForged(envelope);
    });
    return index < 0 ? undefined : `transaction ${index} of block ${number} is a forged one`;
  }
}
