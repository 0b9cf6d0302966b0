import { TxValidationCode } from "../../wire/index.ts";
import type { Oracle } from "../workload/oracle.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import { MarkedTransactions } from "./marked-transactions.ts";
import type { TransactionPlace, TransactionPlaces } from "./transaction-places.ts";

/** What lacks endorsements may be ordered, and no peer finds it valid. */
export class UnendorsedIsInvalid extends MarkedTransactions {
  override readonly name = "unendorsed is invalid";

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    super(oracle.unendorsed, history, places);
  }

  protected override violationOf(
    txId: string,
    { code, block }: TransactionPlace,
  ): string | undefined {
    if (code !== TxValidationCode.VALID) return undefined;
    return `${txId} lacks endorsements, and is valid in block ${block}`;
  }
}
