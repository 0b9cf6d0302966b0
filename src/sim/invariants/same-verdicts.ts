import { equalBytes, toHex } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory, StoredBlock } from "./ledger-history.ts";

/** Every peer gives each transaction of a block the same code, and arrives at the same commit hash. */
export class SameVerdicts implements Invariant {
  readonly name = "same verdicts";
  readonly #history: LedgerHistory;
  readonly #stored: Cursor<StoredBlock>;

  constructor(history: LedgerHistory) {
    this.#history = history;
    this.#stored = new Cursor(history.stored);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    return firstViolation(this.#stored.unread(), (stored) => this.#violationOf(stored));
  }

  #violationOf({ node, isPeer, number, block }: StoredBlock): string | undefined {
    const first = this.#history.judged[number];
    if (!isPeer || block === undefined || first === undefined) return undefined;
    const { filter, commitHash, data } = block;
    if (filter.length !== data.length) {
      return `block ${number} at ${node} has ${filter.length} codes for ${data.length} transactions`;
    }
    if (!equalBytes(filter, first.filter)) {
      return `the codes of block ${number} are ${filter.join()} at ${node}, ${first.filter.join()} at ${first.peer}`;
    }
    if (equalBytes(commitHash, first.commitHash)) return undefined;
    return `the commit hash of block ${number} is ${toHex(commitHash)} at ${node}, ${toHex(first.commitHash)} at ${first.peer}`;
  }
}
