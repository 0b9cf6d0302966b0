import type { Invariant, NetworkView } from "../contracts.ts";
import type { Acknowledged, Oracle } from "../workload/oracle.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { TransactionPlaces } from "./transaction-places.ts";

/** What a client was told is in the chain, with the code that it was told; in the end at every peer. */
export class AcknowledgedKept implements Invariant {
  readonly name = "acknowledged is kept";
  readonly #oracle: Oracle;
  readonly #history: LedgerHistory;
  readonly #places: TransactionPlaces;
  readonly #acknowledged: Cursor<Acknowledged>;
  // The peer that told it has ended before anybody looked at what it had stored.
  #waiting: readonly Acknowledged[] = [];

  constructor(oracle: Oracle, history: LedgerHistory, places: TransactionPlaces) {
    this.#oracle = oracle;
    this.#acknowledged = new Cursor(oracle.acknowledged);
    this.#history = history;
    this.#places = places;
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    this.#places.advance();
    const all = [...this.#waiting, ...this.#acknowledged.unread()];
    const isOpen = (each: Acknowledged): boolean =>
      this.#places.placeOf(each.txId) === undefined && !isSeenSince(view, each.endedAtMs);
    this.#waiting = all.filter(isOpen);
    return firstViolation(all, (each) => (isOpen(each) ? undefined : this.#violationOf(each)));
  }

  atEnd(view: NetworkView): string | undefined {
    return this.check(view) ?? this.#missingAtPeer(view) ?? this.#missingOrdered();
  }

  #violationOf({ txId, code, endedAtMs }: Acknowledged): string | undefined {
    const place = this.#places.placeOf(txId);
    const told = `${txId} was acknowledged at ${endedAtMs} with code ${code}`;
    if (place === undefined) return `${told} and no peer has it`;
    if (place.code === code) return undefined;
    return `${told} and has ${place.code} in block ${place.block}`;
  }

  // That the block is the same everywhere is another invariant's matter.
  #missingAtPeer({ peers }: NetworkView): string | undefined {
    for (const { name, height } of peers) {
      const lost = this.#oracle.acknowledged.find(
        ({ txId }) => (this.#places.placeOf(txId)?.block ?? height) >= height,
      );
      if (lost !== undefined) return `${lost.txId} was acknowledged and ${name} ends without it`;
    }
    return undefined;
  }

  #missingOrdered(): string | undefined {
    for (const txId of this.#oracle.ordered) {
      if (this.#places.placeOf(txId) === undefined) {
        return `an orderer took ${txId} and it is in no block`;
      }
    }
    return undefined;
  }
}

// Whichever peer told a client: all that it had stored by then has been read.
function isSeenSince({ peers }: NetworkView, atMs: number): boolean {
  return peers.every(({ seenAtMs }) => seenAtMs >= atMs);
}
