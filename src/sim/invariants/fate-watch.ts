import { TxValidationCode } from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import type { SometimesState } from "../sometimes.ts";
import type { Oracle } from "../workload/oracle.ts";
import { Cursor } from "./cursor.ts";
import type { HistoryBlock, JudgedBlock, LedgerHistory } from "./ledger-history.ts";
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
  readonly #judged: Cursor<JudgedBlock>;

  constructor(deps: FateWatchDeps) {
    this.#deps = deps;
    this.#blocks = new Cursor(deps.history.blocks);
    this.#judged = new Cursor(deps.history.judged);
  }

  check(view: NetworkView): undefined {
    this.#deps.history.advance(view);
    for (const { transactions } of this.#blocks.unread()) {
      if (transactions.length > 1) this.#deps.reach("block with several transactions");
      if (transactions.length >= 5) this.#deps.reach("block with five transactions");
      if (transactions.some(({ kind }) => kind !== "endorsed")) {
        this.#deps.reach("configuration came into force");
      }
    }
    for (const { transactions, filter } of this.#judged.unread()) {
      const codes = transactions.map((_, index) => filter[index]);
      const isValid = (code: number | undefined): boolean => code === TxValidationCode.VALID;
      if (codes.some(isValid) && !codes.every(isValid)) {
        this.#deps.reach("block with valid and invalid transactions");
      }
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
