import { equalBytes } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { blockHeaderHash, type Block } from "../../src/wire/index.ts";
import { OrderedWindow } from "./core/ordered-window.ts";
import { transactionKey } from "./core/transaction-key.ts";
import { decodeWindow, encodeWindow, type WindowRecord } from "./core/window-record.ts";
import { CHECKPOINT_BLOCKS, CHECKPOINT_TRANSACTIONS, STARTUP_READ_BYTES } from "./limits.ts";

const FILE_NAME = "ordered.window";

/** The blocks that the window follows from: `BlockStore`. */
export interface WindowBlocks {
  readonly height: number;
  read(number: number): Promise<Block | undefined>;
  readUpTo(last: number, bytesMax: number): Promise<readonly Block[]>;
}

export interface WindowCheckpointDeps {
  readonly files: Files;
  readonly logger: Logger;
  readonly blocks: WindowBlocks;
}

export interface WindowCheckpointOptions {
  /** Of the channel at this node: the file `ordered.window` is made in it. */
  readonly directory: string;
  /** Of the window. */
  readonly countMax: number;
  /** Blocks, and transactions, after which it is written anew. Defaults `CHECKPOINT_BLOCKS`, `CHECKPOINT_TRANSACTIONS`. */
  readonly everyBlocks?: number;
  readonly everyTransactions?: number;
}

/**
 * Keeps the window of ordered transactions on disk, so that a start reads the blocks since then and not all of the
 * window's. Derived data: the blocks are the truth. One that is damaged, of another version, or not of these blocks is
 * passed over, and the window made of the blocks alone.
 */
export class WindowCheckpoint {
  readonly #deps: WindowCheckpointDeps;
  readonly #options: Required<WindowCheckpointOptions>;
  #newBlocks = 0;
  #newTransactions = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: WindowCheckpointDeps, options: WindowCheckpointOptions) {
    this.#deps = deps;
    this.#options = {
      everyBlocks: CHECKPOINT_BLOCKS,
      everyTransactions: CHECKPOINT_TRANSACTIONS,
      ...options,
    };
  }

  /** The window after the newest block. Throws `LedgerError` ("corrupt") for blocks that it cannot do without. */
  async restore(): Promise<OrderedWindow> {
    const { blocks } = this.#deps;
    const window = new OrderedWindow(this.#options.countMax);
    const record = await this.#recorded();
    const since = record === undefined ? 0 : record.number;
    const later = await this.#keysAfter(since);
    if (record !== undefined && later.length === blocks.height - 1 - since) fill(window, record);
    const first = blocks.height - later.length;
    for (const [place, keys] of later.entries()) window.append(first + place, keys);
    // What took long to make is made once.
    this.#newBlocks = later.length;
    this.#writeIfDue(window);
    return window;
  }

  /** The window has another block, of so many transactions. Writes it when it is time to; what is under way goes on. */
  noted(window: OrderedWindow, transactions: number): void {
    this.#newBlocks += 1;
    this.#newTransactions += transactions;
    this.#writeIfDue(window);
  }

  /** Resolves when nothing is being written, and nothing will be. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
  }

  #writeIfDue(window: OrderedWindow): void {
    const { everyBlocks, everyTransactions } = this.#options;
    const isDue = this.#newBlocks >= everyBlocks || this.#newTransactions >= everyTransactions;
    const { newest } = window;
    if (!isDue || newest === undefined || this.#isClosed || this.#writing !== undefined) return;
    this.#newBlocks = 0;
    this.#newTransactions = 0;
    this.#writing = this.#write(newest, window.blocks()).finally(() => {
      this.#writing = undefined;
    });
  }

  // Never rejects: without it the next start takes longer.
  async #write(number: number, keys: WindowRecord["blocks"]): Promise<void> {
    try {
      const header = (await this.#deps.blocks.read(number))?.header;
      if (header === undefined) return;
      const headerHash = blockHeaderHash(header);
      await this.#replaceFile(encodeWindow({ number, headerHash, blocks: keys }));
    } catch (error) {
      this.#deps.logger.warn("the window of ordered transactions was not kept", {
        file: this.#path,
        reason: errorMessage(error),
      });
    }
  }

  // Written aside and renamed: the one before stays until this one is whole.
  async #replaceFile(bytes: Uint8Array): Promise<void> {
    const { files } = this.#deps;
    const aside = await files.open(`${this.#path}.tmp`, { create: true });
    try {
      await aside.truncate(0);
      await aside.writeAt(0, bytes);
      await aside.sync();
    } finally {
      await aside.close();
    }
    await files.rename(`${this.#path}.tmp`, this.#path);
    await files.syncDirectory(this.#options.directory);
  }

  async #recorded(): Promise<WindowRecord | undefined> {
    const { files, blocks, logger } = this.#deps;
    if (!(await files.exists(this.#path))) return undefined;
    const record = await this.#read();
    const isKnown = record !== undefined && record.number < blocks.height;
    const header = isKnown ? (await blocks.read(record.number))?.header : undefined;
    if (header !== undefined && equalBytes(blockHeaderHash(header), record?.headerHash ?? MISSING))
      return record;
    logger.warn("passed over a window of ordered transactions that is not of these blocks", {
      file: this.#path,
    });
    return undefined;
  }

  async #read(): Promise<WindowRecord | undefined> {
    const handle = await this.#deps.files.open(this.#path, { create: false });
    try {
      return decodeWindow(await handle.readAt(0, await handle.size()));
    } finally {
      await handle.close();
    }
  }

  // Found from the newest block backwards, down to block `since` or as many as fill the window; oldest first.
  async #keysAfter(since: number): Promise<readonly (readonly string[])[]> {
    const { blocks } = this.#deps;
    const found: (readonly string[])[] = [];
    let count = 0;
    const first = (): number => blocks.height - found.length;
    while (first() > since + 1 && count < this.#options.countMax) {
      const run = await blocks.readUpTo(first() - 1, STARTUP_READ_BYTES);
      for (const { header, data } of run.toReversed()) {
        if ((header?.number ?? 0) <= since || count >= this.#options.countMax) break;
        found.push((data?.data ?? []).map((bytes) => transactionKey(bytes)));
        count += data?.data.length ?? 0;
      }
    }
    return found.reverse();
  }

  get #path(): string {
    return `${this.#options.directory}/${FILE_NAME}`;
  }
}

const MISSING = new Uint8Array(0);

function fill(window: OrderedWindow, { number, blocks }: WindowRecord): void {
  for (const [place, keys] of blocks.entries()) {
    window.append(number - blocks.length + 1 + place, keys);
  }
}
