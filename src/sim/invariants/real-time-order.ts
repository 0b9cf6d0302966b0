import { assert } from "../../kernel/assert.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import type { Acknowledged, Oracle } from "../workload/oracle.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

interface Floor {
  readonly endedAtMs: number;
  /** The highest block of all that was acknowledged until then. */
  readonly block: number;
  readonly txId: string;
}

/**
 * The chain respects time: what was asked for after another transaction had been acknowledged stands behind it. With the
 * serial replay this makes the ledger strictly serializable.
 */
export class RealTimeOrder implements Invariant {
  readonly name = "real-time order";
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;
  readonly #floors: Floor[] = [];
  readonly #acknowledged: Cursor<Acknowledged>;
  // In the order in which clients were told, from the first one on that nobody has seen in the chain yet.
  #waiting: readonly Acknowledged[] = [];

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    this.#acknowledged = new Cursor(oracle.acknowledged);
    this.#history = history;
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    this.#places.advance();
    const all = [...this.#waiting, ...this.#acknowledged.unread()];
    // That one stays away for good is another invariant's matter.
    const isAway = ({ txId }: Acknowledged): boolean => this.#places.placeOf(txId) === undefined;
    const firstAway = all.findIndex(isAway);
    const placed = firstAway < 0 ? all : all.slice(0, firstAway);
    this.#waiting = all.slice(placed.length);
    return firstViolation(placed, (each) => this.#violationOf(each));
  }

  #violationOf({ txId, beganAtMs, endedAtMs }: Acknowledged): string | undefined {
    const block = this.#places.placeOf(txId)?.block;
    assert(block !== undefined, "only what has a place is judged");
    const floor = this.#floors.findLast((each) => each.endedAtMs < beganAtMs);
    if (floor !== undefined && block < floor.block) {
      return `${txId} was asked for at ${beganAtMs} and is in block ${block}, ${floor.txId} was acknowledged before and is in block ${floor.block}`;
    }
    if (block > (this.#floors.at(-1)?.block ?? -1)) this.#floors.push({ endedAtMs, block, txId });
    return undefined;
  }
}
