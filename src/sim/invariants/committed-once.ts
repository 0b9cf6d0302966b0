import { TxValidationCode } from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { JudgedBlock, LedgerHistory } from "./ledger-history.ts";

/** A transaction takes effect once at most, however often it was sent: a second copy is marked as such. */
export class CommittedOnce implements Invariant {
  readonly name = "committed once";
  readonly #history: LedgerHistory;
  /** Block of every transaction seen so far. */
  readonly #blockOf = new Map<string, number>();
  readonly #judged: Cursor<JudgedBlock>;

  constructor(history: LedgerHistory) {
    this.#history = history;
    this.#judged = new Cursor(history.judged);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    return firstViolation(this.#judged.unread(), (block) => this.#violationOf(block));
  }

  #violationOf({ number, transactions, filter, peer }: JudgedBlock): string | undefined {
    for (const [index, { txId, kind }] of transactions.entries()) {
      if (kind !== "endorsed") continue;
      const earlier = this.#blockOf.get(txId);
      const code = filter[index];
      if (earlier !== undefined && code === TxValidationCode.VALID) {
        return `${txId} of block ${earlier} is valid once more in block ${number} at ${peer}`;
      }
      if (earlier === undefined && code === TxValidationCode.DUPLICATE_TXID) {
        return `${txId} of block ${number} is a duplicate of nothing at ${peer}`;
      }
      this.#blockOf.set(txId, earlier ?? number);
    }
    return undefined;
  }
}
