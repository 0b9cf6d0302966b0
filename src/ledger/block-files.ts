import { assert } from "../kernel/assert.ts";
import { concatBytes } from "../kernel/bytes.ts";
import type { Files, OpenFile } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import {
  FILE_HEADER_BYTES,
  type FileHeader,
  type FileScan,
  decodeFileHeader,
  decodeOffsetTable,
  decodeRecord,
  encodeFileHeader,
  encodeOffsetTable,
  encodeRecord,
  scanFile,
} from "./core/block-record.ts";
import { LedgerError } from "./errors.ts";
import { BLOCK_FILE_BYTES_MAX, OFFSET_TABLES_MAX } from "./limits.ts";

export interface BlockFilesDeps {
  readonly files: Files;
  readonly logger: Logger;
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
  readonly #tables = new Map<number, readonly number[]>();
  #tail: TailFile | undefined;
  #lastBody: Uint8Array | undefined;

  private constructor(deps: BlockFilesDeps, options: BlockFilesOptions) {
    this.#deps = deps;
    this.#directory = options.directory;
    this.#fileBytesMax = options.fileBytesMax ?? BLOCK_FILE_BYTES_MAX;
  }

  /**
   * Opens the files, cutting off what a crash left half written.
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

  /** Writes the next blocks and flushes them: durable when it resolves. One call at a time; unusable after a rejection. */
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
      const offsets = await this.#offsetsOf(handle, header);
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
    await this.#settleTail(handle, header, scan, bytes.length);
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
    size: number,
  ): Promise<void> {
    const end = endOf(scan.offsets);
    const block = header.firstBlock + scan.offsets.length - 1;
    if (scan.tail === "rotten") throw this.#corrupt(header.file, end, block);
    if (scan.tail === "clean") return;
    this.#deps.logger.warn("cut off the end of a block file that was never flushed", {
      file: this.#path(header.file),
      offset: end,
      bytes: size - end,
      block,
    });
    await handle.truncate(end);
    await handle.sync();
  }

  async #writableTail(): Promise<TailFile> {
    const tail = this.#tail;
    if (tail === undefined) return this.#begin({ file: 0, firstBlock: 0 });
    if (endOf(tail.offsets) < this.#fileBytesMax) return tail;
    await this.#writeTable(tail.header, tail.offsets);
    await tail.handle.close();
    return this.#begin({ file: tail.header.file + 1, firstBlock: heightOf(tail) });
  }

  async #begin(header: FileHeader): Promise<TailFile> {
    const handle = await this.#deps.files.open(this.#path(header.file), { create: true });
    await handle.writeAt(0, encodeFileHeader(header));
    await handle.sync();
    await this.#deps.files.syncDirectory(this.#directory);
    this.#firstBlocks.set(header.file, header.firstBlock);
    this.#tail = { header, handle, offsets: [FILE_HEADER_BYTES] };
    return this.#tail;
  }

  /** Writes what fits, with one flush, and answers how many that was; at least one. */
  async #writeBatch(tail: TailFile, bodies: readonly Uint8Array[]): Promise<number> {
    const batchStart = endOf(tail.offsets);
    const records: Uint8Array[] = [];
    const offsets: number[] = [];
    let offset = batchStart;
    for (const body of bodies) {
      if (records.length > 0 && offset >= this.#fileBytesMax) break;
      const block = heightOf(tail) + records.length;
      const record = encodeRecord({ file: tail.header.file, offset }, { block, batchStart, body });
      records.push(record);
      offset += record.length;
      offsets.push(offset);
    }
    await tail.handle.writeAt(batchStart, concatBytes(...records));
    await tail.handle.sync();
    tail.offsets.push(...offsets);
    return records.length;
  }

  // Written aside and renamed: a table is there whole or not at all. It is derived, so a crash may lose it.
  async #writeTable(header: FileHeader, offsets: readonly number[]): Promise<void> {
    const path = this.#path(header.file).replace(/heddle$/, "index");
    const aside = await this.#deps.files.open(`${path}.tmp`, { create: true });
    try {
      await aside.truncate(0);
      await aside.writeAt(0, encodeOffsetTable(header, offsets));
      await aside.sync();
    } finally {
      await aside.close();
    }
    await this.#deps.files.rename(`${path}.tmp`, path);
    await this.#deps.files.syncDirectory(this.#directory);
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

  async #offsetsOf(handle: OpenFile, header: FileHeader): Promise<readonly number[]> {
    const cached = this.#tables.get(header.file);
    const offsets =
      cached ?? (await this.#readTable(header)) ?? (await this.#rebuildTable(handle, header));
    this.#tables.delete(header.file);
    this.#tables.set(header.file, offsets);
    const oldest = this.#tables.keys().next();
    if (this.#tables.size > OFFSET_TABLES_MAX && oldest.done !== true) {
      this.#tables.delete(oldest.value);
    }
    return offsets;
  }

  async #readTable(header: FileHeader): Promise<readonly number[] | undefined> {
    const path = this.#path(header.file).replace(/heddle$/, "index");
    if (!(await this.#deps.files.exists(path))) return undefined;
    const handle = await this.#deps.files.open(path, { create: false });
    try {
      return decodeOffsetTable(header, await handle.readAt(0, await handle.size()));
    } finally {
      await handle.close();
    }
  }

  // A sealed file was flushed to its end: whatever does not read is damage.
  async #rebuildTable(handle: OpenFile, header: FileHeader): Promise<readonly number[]> {
    this.#deps.logger.warn(
      "rebuilding the offsets of a block file: its index is absent or damaged",
      {
        file: this.#path(header.file),
      },
    );
    const scan = scanFile(await handle.readAt(0, await handle.size()), header);
    if (scan.tail !== "clean") {
      const block = header.firstBlock + scan.offsets.length - 1;
      throw this.#corrupt(header.file, endOf(scan.offsets), block);
    }
    return scan.offsets;
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
    const path = this.#path(file);
    const what = block === undefined ? "header" : `block ${block}`;
    return new LedgerError(
      "corrupt",
      `block file ${path} is damaged at offset ${offset} (${what}): restore the file from a backup, or delete the channel's ledger to fetch the blocks again`,
      { data: { file: path, offset, block } },
    );
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
