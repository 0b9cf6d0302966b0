import type { Oracle } from "../workload/oracle.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import { MarkedTransactions } from "./marked-transactions.ts";
import type { TransactionPlace, TransactionPlaces } from "./transaction-places.ts";

/** What was first asked for with a certificate that had ended is in no block. Only where no node's clock is wrong. */
export class ExpiredStaysOut extends MarkedTransactions {
  override readonly name = "expired stays out";

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    super(oracle.expired, history, places);
  }

  protected override violationOf(txId: string, { block }: TransactionPlace): string {
    return `${txId} was signed with a certificate that had ended, and is in block ${block}`;
  }
}
