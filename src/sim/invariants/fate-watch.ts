import type { Invariant, NetworkView } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";
import type { Oracle } from "../workload/oracle.ts";
import { Cursor } from "./cursor.ts";
import type { HistoryBlock, LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

interface FateWatchDeps {
  readonly oracle: Oracle;
  readonly history: LedgerHistory;
  readonly places: TransactionPlaces;
  readonly reach: (state: SometimesState) => void;
}

/** Counts what became of transactions: how they shared blocks, and how calls ended whose end nobody knew. */
export class FateWatch implements Invariant {
  readonly name = "fates";
  readonly #deps: FateWatchDeps;
  readonly #blocks: Cursor<HistoryBlock>;

  constructor(deps: FateWatchDeps) {
    this.#deps = deps;
    this.#blocks = new Cursor(deps.history.blocks);
  }

  check(view: NetworkView): undefined {
    this.#deps.history.advance(view);
    for (const { transactions } of this.#blocks.unread()) {
      if (transactions.length > 1) this.#deps.reach("block with several transactions");
    }
    return undefined;
  }

  atEnd(view: NetworkView): undefined {
    this.check(view);
    const { oracle, places, reach } = this.#deps;
    places.advance();
    for (const txId of oracle.unknown) {
      const isCommitted = places.placeOf(txId) !== undefined;
      reach(isCommitted ? "unknown turned out committed" : "unknown turned out absent");
    }
    return undefined;
  }
}
