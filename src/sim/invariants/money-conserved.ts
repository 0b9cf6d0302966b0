import { utf8Decode } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView, NodeName, PeerView } from "../contracts.ts";
import { ACCOUNT_PREFIX, BANK } from "../workload/bank-contract.ts";
import { firstViolation } from "./first-violation.ts";
import type { LedgerHistory } from "./ledger-history.ts";
import type { Replay } from "./replay.ts";

interface Book {
  height: number;
  ledgersLost: number;
  readonly balances: Map<string, number>;
  total: number;
}

/** Transfers move money and make none: at every height of every peer the accounts hold what was opened with, and none is overdrawn. */
export class MoneyConserved implements Invariant {
  readonly name = "money conserved";
  readonly #history: LedgerHistory;
  readonly #replay: Replay;
  readonly #books = new Map<NodeName, Book>();
  /** What was opened with, once any peer has committed that. */
  #total: number | undefined;

  constructor(history: LedgerHistory, replay: Replay) {
    this.#history = history;
    this.#replay = replay;
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    this.#replay.advance();
    return firstViolation(view.peers, (peer) => (peer.isUp ? this.#violationOf(peer) : undefined));
  }

  #violationOf(peer: PeerView): string | undefined {
    const book = this.#bookOf(peer);
    const to = Math.min(peer.height, this.#replay.blocks.length);
    let isTouched = false;
    const blocks = this.#replay.blocks.slice(book.height, to);
    book.height = Math.max(book.height, to);
    for (const { written } of blocks) {
      for (const { namespace, key } of written.values()) {
        if (namespace !== BANK || !key.startsWith(ACCOUNT_PREFIX)) continue;
        isTouched = true;
        const balance = balanceOf(peer, key);
        if (!Number.isSafeInteger(balance) || balance < 0) {
          return `${key} holds ${balance} at ${peer.name}, height ${peer.height}`;
        }
        book.total += balance - (book.balances.get(key) ?? 0);
        book.balances.set(key, balance);
      }
    }
    if (!isTouched) return undefined;
    this.#total ??= book.total;
    if (book.total === this.#total) return undefined;
    return `the accounts hold ${book.total} at ${peer.name}, height ${peer.height}, and were opened with ${this.#total}`;
  }

  #bookOf({ name, ledgersLost }: PeerView): Book {
    const known = this.#books.get(name);
    if (known?.ledgersLost === ledgersLost) return known;
    const book = { height: 0, ledgersLost, balances: new Map<string, number>(), total: 0 };
    this.#books.set(name, book);
    return book;
  }
}

function balanceOf(peer: PeerView, key: string): number {
  const value = peer.state(BANK, key);
  return value === undefined ? 0 : Number(utf8Decode(value));
}
