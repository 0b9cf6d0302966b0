import { assert } from "../kernel/assert.ts";
import { EMPTY_BYTES } from "../kernel/bytes.ts";
import { blockHeaderHash, type Block } from "../wire/index.ts";
import type { Committer } from "./committer.ts";
import { CommitterError } from "./errors.ts";
import { BLOCKS_IN_COMMIT_BYTES_MAX, BLOCKS_IN_COMMIT_MAX } from "./limits.ts";

/** The newest block of a ledger. */
interface NewestBlock {
  readonly height: number;
  /** Header hash; undefined before the first block. */
  readonly lastBlockHash: Uint8Array | undefined;
}

/** A commit that has not come to its end. */
interface BlockUnderWay {
  readonly stored: Promise<void>;
  readonly bytes: number;
}

/**
 * Where the verified blocks of a channel come together, whoever brings them: the orderers' deliverer, and gossip.
 * Each block is committed once; one that is already there, or on its way, is not taken again.
 *
 * Invariant: `#next` is the number of the first block that nobody has brought yet.
 */
export class BlockIntake {
  readonly #committer: Pick<Committer, "store" | "height">;
  #next: number;
  #lastHash: Uint8Array;
  #newest: Promise<void> = Promise.resolve();
  // The oldest first.
  readonly #underWay: BlockUnderWay[] = [];
  #underWayBytes = 0;

  constructor(committer: Pick<Committer, "store" | "height">, newest: NewestBlock) {
    this.#committer = committer;
    this.#next = newest.height;
    this.#lastHash = newest.lastBlockHash ?? EMPTY_BYTES;
  }

  /** Number of the next block that is wanted. */
  get height(): number {
    return this.#next;
  }

  /** Blocks that were brought and are not in the ledger yet. */
  get underWayCount(): number {
    return this.#underWay.length;
  }

  /** Header hash of the block before it. */
  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  /** Takes the block and resolves when there is room for another. Rejects once the channel has stopped. */
  async offer(block: Block): Promise<void> {
    this.#take(block);
    while (
      this.#underWay.length >= BLOCKS_IN_COMMIT_MAX ||
      this.#underWayBytes >= BLOCKS_IN_COMMIT_BYTES_MAX
    ) {
      await this.#underWay[0]?.stored;
    }
  }

  /** Takes the block and resolves when it is in the ledger. Rejects once the channel has stopped. */
  async commit(block: Block): Promise<void> {
    this.#take(block);
    const number = block.header?.number ?? 0;
    if (number >= this.#committer.height) await this.#newest;
  }

  /** Resolves when nothing is under way, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.map(({ stored }) => stored));
  }

  #take(block: Block): void {
    const { header } = block;
    assert(header !== undefined, "a verified block has a header");
    if (header.number < this.#next) return;
    if (header.number > this.#next) {
      throw new CommitterError(
        "out-of-order",
        `block ${header.number} was brought before block ${this.#next}`,
        { data: { number: header.number, expected: this.#next } },
      );
    }
    const stored = this.#committer.store(block);
    this.#next += 1;
    this.#lastHash = blockHeaderHash(header);
    this.#newest = stored;
    const underWay = { stored, bytes: bytesOf(block) };
    this.#underWay.push(underWay);
    this.#underWayBytes += underWay.bytes;
    const settle = (): void => {
      void this.#underWay.splice(this.#underWay.indexOf(underWay), 1);
      this.#underWayBytes -= underWay.bytes;
    };
    void stored.then(settle, settle);
  }
}

function bytesOf({ data }: Block): number {
  return (data?.data ?? []).reduce((sum, { length }) => sum + length, 0);
}
