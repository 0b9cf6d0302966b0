import { assert } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import { SpaceWait, type SpaceWaitDeps } from "./space-wait.ts";
import { Block, blockHeaderHash, decode, encode } from "../wire/index.ts";
import { BlockFiles, type BlockFilesDeps, type BlockFilesOptions } from "./block-files.ts";
import { LedgerError } from "./errors.ts";
import { HeightWatch } from "./height-watch.ts";
import {
  BLOCKS_PER_FLUSH_MAX,
  BLOCKS_WAITING_MAX,
  BLOCK_BYTES_MAX,
  RECENT_BLOCKS_BYTES_MAX,
  RECENT_BLOCKS_MAX,
} from "./limits.ts";

export type BlockStoreOptions = Omit<BlockFilesDeps, "space"> & SpaceWaitDeps & BlockFilesOptions;

interface WaitingBlock {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: LedgerError) => void;
}

interface StoredBlock {
  readonly block: Block;
  readonly bytes: Uint8Array;
}

/**
 * The chain of blocks of one channel on disk: append-only, checked at every read.
 *
 * Appends that are asked for while a flush is under way share the next one. On a full disk they wait; a disk that
 * refuses a write for another reason, or a flush, ends the store: what was resolved is durable, nothing else is known, and opening
 * again finds out.
 */
export class BlockStore {
  readonly #files: BlockFiles;
  readonly #space: SpaceWait;
  readonly #watch: HeightWatch;
  readonly #recent = new Map<number, StoredBlock>();
  #recentBytes = 0;
  #waiting: WaitingBlock[] = [];
  #draining: Promise<void> | undefined;
  #failure: LedgerError | undefined;
  #lastHash: Uint8Array | undefined;
  /** Number and previous hash of the block that may be appended next, those that wait included. */
  #next: { readonly number: number; readonly previousHash: Uint8Array | undefined };

  private constructor(files: BlockFiles, space: SpaceWait) {
    this.#files = files;
    this.#space = space;
    const last = files.lastBody === undefined ? undefined : decode(Block, files.lastBody);
    this.#lastHash = last === undefined ? undefined : hashOf(last);
    this.#watch = new HeightWatch(files.height);
    this.#next = { number: files.height, previousHash: this.#lastHash };
  }

  /** Opens or makes the store in `directory`. Throws `LedgerError` ("corrupt", "unsupported-format"). */
  static async open(options: BlockStoreOptions): Promise<BlockStore> {
    const space = new SpaceWait(options, options.directory);
    return new BlockStore(await BlockFiles.open({ ...options, space }, options), space);
  }

  /** Number of durable blocks; the newest is `height - 1`. */
  get height(): number {
    return this.#watch.height;
  }

  /** True while appends wait because the disk is full. */
  get isFull(): boolean {
    return this.#space.isWaiting;
  }

  /** Header hash of the newest durable block, undefined before the first. */
  get lastHash(): Uint8Array | undefined {
    return this.#lastHash;
  }

  /**
   * Appends the next block: durable when it resolves. May be called again before that, in order. Waits while `isFull`.
   * Rejects with `LedgerError`: "wrong-number", "wrong-previous-hash", "overloaded", "store-failed".
   */
  append(block: Block): Promise<void> {
    return new Promise((resolve, reject) => {
      const hash = this.#admit(block);
      const bytes = encode(Block, block);
      assert(bytes.length <= BLOCK_BYTES_MAX, "a block that was received fits a message");
      this.#next = { number: this.#next.number + 1, previousHash: hash };
      this.#waiting.push({ block, bytes, hash, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** The block, or undefined at or above the height. Rejects with `LedgerError` ("corrupt"). */
  async read(number: number): Promise<Block | undefined> {
    const recent = this.#recent.get(number);
    if (recent !== undefined) return recent.block;
    const bytes = await this.readBytes(number);
    return bytes === undefined ? undefined : decode(Block, bytes);
  }

  /** As `read`, marshalled. */
  async readBytes(number: number): Promise<Uint8Array | undefined> {
    assert(Number.isSafeInteger(number) && number >= 0, "a block number is an unsigned integer");
    if (number >= this.height) return undefined;
    return this.#recent.get(number)?.bytes ?? (await this.#files.read(number));
  }

  /**
   * The blocks that end with number `last`, which is below the height, oldest first: as many as lie in a row on disk in
   * `bytesMax` bytes, and at least that one. Rejects with `LedgerError` ("corrupt").
   */
  async readUpTo(last: number, bytesMax: number): Promise<readonly Block[]> {
    const bodies = await this.#files.readUpTo(last, bytesMax);
    return bodies.map((bytes) => decode(Block, bytes));
  }

  /** Resolves true once the height is at least `height`, false when aborted or closed before. */
  waitForHeight(height: number, signal: AbortSignal): Promise<boolean> {
    return this.#watch.waitFor(height, signal);
  }

  /** Calls `listener` with each new height; the result ends that. Listeners must not throw. */
  subscribe(listener: (height: number) => void): () => void {
    return this.#watch.subscribe(listener);
  }

  /** What waits because the disk is full rejects, now and from now on. To be called before the end of a store. */
  giveUpOnSpace(): void {
    this.#space.stop();
  }

  /** Finishes what waits, unless the disk is full, and closes the files. Idempotent. */
  async close(): Promise<void> {
    this.#failure ??= new LedgerError("store-failed", "the block store is closed");
    this.giveUpOnSpace();
    await this.#draining;
    this.#watch.close();
    await this.#files.close();
  }

  #admit(block: Block): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    const { number, previousHash } = this.#next;
    if (block.header?.number !== number) {
      throw new LedgerError(
        "wrong-number",
        `block ${block.header?.number ?? "without header"} does not follow: expected block ${number}`,
        { data: { expected: number, block: block.header?.number } },
      );
    }
    if (previousHash !== undefined && !equalBytes(block.header.previousHash, previousHash)) {
      throw new LedgerError(
        "wrong-previous-hash",
        `block ${number} does not continue this chain: its previous hash is not that of block ${number - 1}`,
        { data: { block: number } },
      );
    }
    if (this.#waiting.length >= BLOCKS_WAITING_MAX) {
      throw new LedgerError(
        "overloaded",
        `${BLOCKS_WAITING_MAX} blocks wait for the disk: append when they are stored`,
      );
    }
    return hashOf(block);
  }

  // Never rejects: each append has its own answer.
  async #drain(): Promise<void> {
    // Appends of this turn share the first flush.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BLOCKS_PER_FLUSH_MAX);
      try {
        await this.#files.append(batch.map(({ bytes }) => bytes));
      } catch (cause) {
        this.#fail(cause);
        break;
      }
      this.#waiting = this.#waiting.slice(batch.length);
      this.#publish(batch);
    }
    this.#draining = undefined;
  }

  #publish(batch: readonly WaitingBlock[]): void {
    for (const { block, bytes, hash, resolve } of batch) {
      this.#keepRecent(this.height, { block, bytes });
      this.#lastHash = hash;
      this.#watch.advance(this.height + 1);
      resolve();
    }
  }

  #fail(cause: unknown): void {
    const failure = new LedgerError(
      "store-failed",
      `block ${this.height} could not be stored: check the disk's space and health, then restart`,
      { data: { block: this.height }, cause },
    );
    this.#failure = failure;
    for (const { reject } of this.#waiting) reject(failure);
    this.#waiting = [];
  }

  #keepRecent(number: number, stored: StoredBlock): void {
    this.#recent.set(number, stored);
    this.#recentBytes += stored.bytes.length;
    for (const [oldest, { bytes }] of this.#recent) {
      const isOver =
        this.#recent.size > RECENT_BLOCKS_MAX || this.#recentBytes > RECENT_BLOCKS_BYTES_MAX;
      if (!isOver) return;
      this.#recent.delete(oldest);
      this.#recentBytes -= bytes.length;
    }
  }
}

function hashOf(block: Block): Uint8Array {
  assert(block.header !== undefined, "a stored block has a header");
  return blockHeaderHash(block.header);
}
