import { EMPTY_BYTES, equalBytes, toHex } from "../../kernel/bytes.ts";
import { blockDataHash } from "../../wire/index.ts";
import type { Invariant, NetworkView } from "../contracts.ts";
import { Cursor } from "./cursor.ts";
import { firstViolation } from "./first-violation.ts";
import type { HistoryBlock, LedgerHistory } from "./ledger-history.ts";
import { hashOf } from "./read-block.ts";

/** Each block carries its own number, the hash of the block before it, and the hash of its data. */
export class HashChain implements Invariant {
  readonly name = "hash chain";
  readonly #history: LedgerHistory;
  readonly #blocks: Cursor<HistoryBlock>;

  constructor(history: LedgerHistory) {
    this.#history = history;
    this.#blocks = new Cursor(history.blocks);
  }

  check(view: NetworkView): string | undefined {
    this.#history.advance(view);
    return firstViolation(this.#blocks.unread(), violationOf);
  }
}

function violationOf({ number, block, before, firstSeenAt }: HistoryBlock): string | undefined {
  const { header, data } = block;
  const where = `block ${number} of ${firstSeenAt}`;
  if (header.number !== number) return `${where} calls itself ${header.number}`;
  const previousHash = before === undefined ? EMPTY_BYTES : hashOf(before);
  if (!equalBytes(header.previousHash, previousHash)) {
    return `${where} names ${toHex(header.previousHash)} as the block before it, which is ${toHex(previousHash)}`;
  }
  const dataHash = blockDataHash(data);
  if (equalBytes(header.dataHash, dataHash)) return undefined;
  return `${where} says that its data hashes to ${toHex(header.dataHash)}, and it is ${toHex(dataHash)}`;
}
