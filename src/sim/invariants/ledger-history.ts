import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import type { NetworkView, NodeName, OrdererView, PeerView } from "../contracts.ts";
import { isSameBlock, readBlock, type ReadBlock } from "./read-block.ts";
import { readTransaction, type ReadTransaction } from "./read-transaction.ts";

/** A node stored this block. */
export interface StoredBlock {
  readonly node: NodeName;
  readonly isPeer: boolean;
  readonly number: number;
  /** Undefined: it says that it has the block, and gives none or bytes that are none. */
  readonly block: ReadBlock | undefined;
}

/** The block that was seen first at its height: what every other node's must equal. */
export interface HistoryBlock {
  readonly number: number;
  readonly block: ReadBlock;
  /** Undefined for the genesis block. */
  readonly before: ReadBlock | undefined;
  readonly firstSeenAt: NodeName;
  readonly transactions: readonly ReadTransaction[];
}

/** A block with the verdicts that were seen first at its height. */
export interface JudgedBlock {
  readonly number: number;
  readonly peer: NodeName;
  readonly filter: Uint8Array;
  readonly commitHash: Uint8Array;
  /** Of the block before; empty for the genesis block. */
  readonly previousCommitHash: Uint8Array;
  readonly transactions: readonly ReadTransaction[];
}

interface Place {
  readonly height: number;
  readonly startCount: number;
  readonly ledgersLost: number;
}

const NEW_NODE: Place = { height: 0, startCount: 0, ledgersLost: 0 };

/** Blocks before the newest that are read again after a restart: a recovery must not have changed them. */
const RESTART_REREAD_COUNT = 3;

/**
 * Every block of every node, read once when it appears: the one reading that all invariants about the ledger share.
 * Whoever needs it calls `advance` first; it costs nothing when nothing is new.
 */
export class LedgerHistory {
  readonly #places = new Map<NodeName, Place>();
  readonly #stored: StoredBlock[] = [];
  readonly #blocks: HistoryBlock[] = [];
  readonly #judged: JudgedBlock[] = [];

  /** In the order in which they were seen. Grows. */
  get stored(): readonly StoredBlock[] {
    return this.#stored;
  }

  /** By number. Grows. */
  get blocks(): readonly HistoryBlock[] {
    return this.#blocks;
  }

  /** By number; at most as long as `blocks`. Grows. */
  get judged(): readonly JudgedBlock[] {
    return this.#judged;
  }

  /** Reads what is new since the last call. */
  advance(view: NetworkView): void {
    for (const orderer of view.orderers) this.#advance(orderer, false);
    for (const peer of view.peers) this.#advance(peer, true);
  }

  /** Reads every block of every node again. */
  readAgain(view: NetworkView): void {
    this.#places.clear();
    this.advance(view);
  }

  #advance(node: OrdererView | PeerView, isPeer: boolean): void {
    if (!node.isUp) return;
    const { name, height, startCount, ledgersLost } = node;
    const known = this.#places.get(name) ?? NEW_NODE;
    for (let number = firstToRead(known, node); number < height; number += 1) {
      const bytes = node.block(number);
      this.#add({ node: name, isPeer, number, block: bytes && readBlock(bytes) });
    }
    this.#places.set(name, { height, startCount, ledgersLost });
  }

  #add(stored: StoredBlock): void {
    this.#stored.push(stored);
    const { number, block } = stored;
    if (block === undefined) return;
    if (number === this.#blocks.length) this.#extend(stored.node, block);
    if (stored.isPeer) this.#judge(stored, block);
  }

  #extend(node: NodeName, block: ReadBlock): void {
    this.#blocks.push({
      number: this.#blocks.length,
      block,
      before: this.#blocks.at(-1)?.block,
      firstSeenAt: node,
      transactions: block.data.map(readTransaction),
    });
  }

  // A forked block's verdicts are about other transactions.
  #judge({ node, number }: StoredBlock, block: ReadBlock): void {
    const canonical = this.#blocks[number];
    if (number !== this.#judged.length || canonical === undefined) return;
    if (!isSameBlock(canonical.block, block)) return;
    this.#judged.push({
      number,
      peer: node,
      filter: block.filter,
      commitHash: block.commitHash,
      previousCommitHash: this.#judged.at(-1)?.commitHash ?? EMPTY_BYTES,
      transactions: canonical.transactions,
    });
  }
}

function firstToRead(known: Place, node: OrdererView | PeerView): number {
  if (node.ledgersLost !== known.ledgersLost) return 0;
  if (node.startCount === known.startCount) return known.height;
  return Math.max(known.height - RESTART_REREAD_COUNT, 0);
}
