import { assert } from "../kernel/assert.ts";
import { concatBytes } from "../kernel/bytes.ts";
import type { Files, OpenFile } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { SpaceWait } from "./space-wait.ts";
import {
  FILE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  type FileHeader,
  type FileScan,
  decodeFileHeader,
  decodeRecord,
  encodeFileHeader,
  encodeRecord,
  scanFile,
} from "./core/block-record.ts";
import { LedgerError, corruptBlockFile } from "./errors.ts";
import { BLOCK_FILE_BYTES_MAX } from "./limits.ts";
import { OffsetTables } from "./offset-tables.ts";

export interface BlockFilesDeps {
  readonly files: Files;
  readonly logger: Logger;
  /** What a write that finds the disk full does. */
  readonly space: SpaceWait;
}

export interface BlockFilesOptions {
  readonly directory: string;
  /** Size from which a file is sealed. Default: `BLOCK_FILE_BYTES_MAX`. */
  readonly fileBytesMax?: number;
}

/** The file that is appended to. `offsets` ends with the end of the last record. */
interface TailFile {
  readonly header: FileHeader;
  readonly handle: OpenFile;
  readonly offsets: number[];
}

/**
 * Blocks as bytes in append-only files `blocks-000000.heddle`, …; a sealed file has its offsets beside it in
 * `blocks-000000.index`. Opening reads the last file only, so it costs the same however long the chain is.
 *
 * Invariant: every file but the last is flushed and sealed before the next one exists.
 */
export class BlockFiles {
  readonly #deps: BlockFilesDeps;
  readonly #directory: string;
  readonly #fileBytesMax: number;
  readonly #firstBlocks = new Map<number, number>();
  readonly #tables: OffsetTables;
  #tail: TailFile | undefined;
  #lastBody: Uint8Array | undefined;

  private constructor(deps: BlockFilesDeps, options: BlockFilesOptions) {
    this.#deps = deps;
    this.#directory = options.directory;
    this.#fileBytesMax = options.fileBytesMax ?? BLOCK_FILE_BYTES_MAX;
    this.#tables = new OffsetTables(deps, (file) => this.#path(file));
  }

  /**
   * Opens the files, cutting off what a crash left half written. What is left is durable when it resolves.
   * Throws `LedgerError` ("corrupt", "unsupported-format") when anything that was once durable is damaged.
   */
  static async open(deps: BlockFilesDeps, options: BlockFilesOptions): Promise<BlockFiles> {
    const files = new BlockFiles(deps, options);
    await deps.files.makeDirectory(options.directory);
    await files.#recover();
    return files;
  }

  /** Number of blocks. */
  get height(): number {
    return this.#tail === undefined ? 0 : heightOf(this.#tail);
  }

  /** Bytes of the newest block found when opening. */
  get lastBody(): Uint8Array | undefined {
    return this.#lastBody;
  }

  /**
   * Writes the next blocks and flushes them: durable when it resolves. Waits while the disk is full, except for the first block; what
   * could be read can be read meanwhile. One call at a time; unusable after a rejection.
   */
  async append(bodies: readonly Uint8Array[]): Promise<void> {
    let rest = bodies;
    while (rest.length > 0) {
      const tail = await this.#writableTail();
      const written = await this.#writeBatch(tail, rest);
      rest = rest.slice(written);
    }
  }

  /** Bytes of a block below `height`. Throws `LedgerError` ("corrupt") when they are not what was written. */
  async read(block: number): Promise<Uint8Array> {
    const [body] = await this.#readFrom(block, () => block);
    assert(body !== undefined, "a run holds its first block");
    return body;
  }

  /**
   * As `read`, the blocks that end with `last`, oldest first: as many as one file holds in a row in `bytesMax` bytes, and
   * at least that one. All are views of one array.
   */
  readUpTo(last: number, bytesMax: number): Promise<readonly Uint8Array[]> {
    return this.#readFrom(last, ({ firstBlock }, offsets) => {
      const end = offsets[last - firstBlock + 1] ?? 0;
      let first = last;
      while (first > firstBlock && end - (offsets[first - firstBlock - 1] ?? 0) <= bytesMax) {
        first -= 1;
      }
      return first;
    });
  }

  // The blocks from the one that `firstOf` names up to `last`, which is in the same file, with one read.
  async #readFrom(
    last: number,
    firstOf: (header: FileHeader, offsets: readonly number[]) => number,
  ): Promise<readonly Uint8Array[]> {
    assert(last < this.height, "only blocks below the height are read");
    const file = await this.#fileOf(last);
    const header = { file, firstBlock: await this.#firstBlockOf(file) };
    const tail = this.#tail;
    if (tail?.header.file === file) {
      const first = firstOf(header, tail.offsets);
      return this.#readRecords(tail.handle, header, tail.offsets, { first, last });
    }
    const handle = await this.#deps.files.open(this.#path(file), { create: false });
    try {
      const offsets = await this.#tables.of(handle, header);
      const first = firstOf(header, offsets);
      return await this.#readRecords(handle, header, offsets, { first, last });
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {
    await this.#tail?.handle.close();
  }

  async #recover(): Promise<void> {
    const count = await this.#fileCount();
    if (count === 0) return;
    const last = count - 1;
    const handle = await this.#deps.files.open(this.#path(last), { create: false });
    const bytes = await handle.readAt(0, await handle.size());
    const reading = decodeFileHeader(bytes);
    if (reading.kind === "bad" && bytes.length <= FILE_HEADER_BYTES) {
      await handle.close();
      await this.#dropUnborn(last);
      return this.#recover();
    }
    const header = this.#checkHeader(last, reading);
    const scan = scanFile(bytes, header);
    await this.#settleTail(handle, header, scan, bytes);
    this.#firstBlocks.set(last, header.firstBlock);
    this.#tail = { header, handle, offsets: [...scan.offsets] };
    this.#lastBody = scan.lastBody?.slice();
    if (this.#lastBody === undefined && this.height > 0) {
      this.#lastBody = await this.read(this.height - 1);
    }
  }

  async #fileCount(): Promise<number> {
    const names = (await this.#deps.files.list(this.#directory)).filter((name) =>
      /^blocks-\d{6}\.heddle$/.test(name),
    );
    names.forEach((name, file) => {
      if (name === nameOf(file)) return;
      throw new LedgerError(
        "corrupt",
        `block file ${this.#path(file)} is missing: restore it from a backup, or delete the directory to fetch the blocks again`,
        { data: { file: this.#path(file) } },
      );
    });
    return names.length;
  }

  // The crash came between making the file and flushing its header: no block was in it.
  async #dropUnborn(file: number): Promise<void> {
    this.#deps.logger.warn("removed a block file that a crash left without a header", {
      file: this.#path(file),
    });
    await this.#deps.files.remove(this.#path(file));
    await this.#deps.files.syncDirectory(this.#directory);
  }

  async #settleTail(
    handle: OpenFile,
    header: FileHeader,
    scan: FileScan,
    bytes: Uint8Array,
  ): Promise<void> {
    const end = endOf(scan.offsets);
    const block = header.firstBlock + scan.offsets.length - 1;
    if (scan.tail === "rotten") throw this.#corrupt(header.file, end, block);
    if (scan.tail === "torn") {
      this.#deps.logger.warn("cut off the end of a block file that was never flushed", {
        file: this.#path(header.file),
        offset: end,
        bytes: bytes.length - end,
        block,
      });
      await handle.truncate(end);
    }
    await this.#settleLastBatch(handle, bytes.subarray(scan.lastBatchStart, end), scan);
  }

  // Whoever wrote the newest batch may have died before its flush, or have seen the flush fail: then it is readable and
  // not durable, and flushing alone would not write it. What is built on the height needs it to be.
  async #settleLastBatch(handle: OpenFile, batch: Uint8Array, scan: FileScan): Promise<void> {
    await handle.writeAt(scan.lastBatchStart, batch);
    await handle.sync();
    await this.#deps.files.syncDirectory(this.#directory);
  }

  async #writableTail(): Promise<TailFile> {
    const tail = this.#tail;
    if (tail === undefined) return this.#begin({ file: 0, firstBlock: 0 });
    if (endOf(tail.offsets) < this.#fileBytesMax) return tail;
    await this.#tables.write(tail.header, tail.offsets);
    const next = await this.#begin({ file: tail.header.file + 1, firstBlock: heightOf(tail) });
    await tail.handle.close();
    return next;
  }

  async #begin(header: FileHeader): Promise<TailFile> {
    const { files } = this.#deps;
    const path = this.#path(header.file);
    const handle = await this.#withSpace(() => files.open(path, { create: true }));
    try {
      await this.#withSpace(() => handle.writeAt(0, encodeFileHeader(header)));
      await handle.sync();
      await files.syncDirectory(this.#directory);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#firstBlocks.set(header.file, header.firstBlock);
    this.#tail = { header, handle, offsets: [FILE_HEADER_BYTES] };
    return this.#tail;
  }

  /** Writes what fits, with one flush, and answers how many that was; at least one. */
  async #writeBatch(tail: TailFile, bodies: readonly Uint8Array[]): Promise<number> {
    const batchStart = endOf(tail.offsets);
    const parts: Uint8Array[] = [];
    const offsets: number[] = [];
    let offset = batchStart;
    for (const body of bodies) {
      if (offsets.length > 0 && offset >= this.#fileBytesMax) break;
      const block = heightOf(tail) + offsets.length;
      const place = { file: tail.header.file, offset };
      parts.push(...encodeRecord(place, { block, batchStart, body }));
      offset += RECORD_HEADER_BYTES + body.length;
      offsets.push(offset);
    }
    const bytes = concatBytes(...parts);
    // Written again from its beginning, it overwrites what an attempt without space has left of it.
    await this.#withSpace(() => tail.handle.writeAt(batchStart, bytes));
    await tail.handle.sync();
    tail.offsets.push(...offsets);
    return offsets.length;
  }

  // Without a block there is nothing to keep: who begins the chain is told at once.
  #withSpace<T>(step: () => Promise<T>): Promise<T> {
    return this.height === 0 ? step() : this.#deps.space.run(step);
  }

  async #readRecords(
    handle: OpenFile,
    header: FileHeader,
    offsets: readonly number[],
    { first, last }: { readonly first: number; readonly last: number },
  ): Promise<readonly Uint8Array[]> {
    const { file, firstBlock } = header;
    const start = offsets[first - firstBlock];
    const end = offsets[last - firstBlock + 1];
    if (start === undefined || end === undefined) throw this.#corrupt(file, endOf(offsets), last);
    const bytes = await handle.readAt(start, end - start);
    const bodies: Uint8Array[] = [];
    for (let block = first; block <= last; block += 1) {
      const offset = offsets[block - firstBlock] ?? end;
      const reading = decodeRecord(bytes, { file, offset }, start);
      if (reading.kind === "bad" || reading.record.block !== block) {
        throw this.#corrupt(file, offset, block);
      }
      bodies.push(reading.record.body);
    }
    return bodies;
  }

  /** The last file whose first block is not above `block`, by halving. */
  async #fileOf(block: number): Promise<number> {
    let low = 0;
    let high = this.#tail?.header.file ?? 0;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((await this.#firstBlockOf(middle)) <= block) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #firstBlockOf(file: number): Promise<number> {
    const known = this.#firstBlocks.get(file);
    if (known !== undefined) return known;
    const handle = await this.#deps.files.open(this.#path(file), { create: false });
    try {
      const bytes = await handle.readAt(0, FILE_HEADER_BYTES);
      const { firstBlock } = this.#checkHeader(file, decodeFileHeader(bytes));
      this.#firstBlocks.set(file, firstBlock);
      return firstBlock;
    } finally {
      await handle.close();
    }
  }

  #checkHeader(file: number, reading: ReturnType<typeof decodeFileHeader>): FileHeader {
    if (reading.kind === "unsupported") {
      throw new LedgerError(
        "unsupported-format",
        `block file ${this.#path(file)} has format ${reading.version}: open it with the version of the program that wrote it`,
        { data: { file: this.#path(file), version: reading.version } },
      );
    }
    if (reading.kind === "bad" || reading.header.file !== file)
      throw this.#corrupt(file, 0, undefined);
    return reading.header;
  }

  #corrupt(file: number, offset: number, block: number | undefined): LedgerError {
    return corruptBlockFile(this.#path(file), offset, block);
  }

  #path(file: number): string {
    return `${this.#directory}/${nameOf(file)}`;
  }
}

function nameOf(file: number): string {
  return `blocks-${String(file).padStart(6, "0")}.heddle`;
}

function heightOf(tail: TailFile): number {
  return tail.header.firstBlock + tail.offsets.length - 1;
}

function endOf(offsets: readonly number[]): number {
  const end = offsets.at(-1);
  assert(end !== undefined, "a file's offsets end with its end");
  return end;
}
