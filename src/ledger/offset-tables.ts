import type { Files, OpenFile } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { SpaceWait } from "./space-wait.ts";
import {
  type FileHeader,
  decodeOffsetTable,
  encodeOffsetTable,
  scanFile,
} from "./core/block-record.ts";
import { corruptBlockFile } from "./errors.ts";
import { OFFSET_TABLES_MAX } from "./limits.ts";

export interface OffsetTablesDeps {
  readonly files: Files;
  readonly logger: Logger;
  readonly space: SpaceWait;
}

/**
 * Where the records of sealed block files begin, beside each file as `….index`. A table is derived: one that is lost or damaged
 * is made again of its file.
 */
export class OffsetTables {
  readonly #deps: OffsetTablesDeps;
  readonly #pathOf: (file: number) => string;
  // The most recently used ones, the oldest use first.
  readonly #kept = new Map<number, readonly number[]>();

  /** `pathOf` is of the block file. */
  constructor(deps: OffsetTablesDeps, pathOf: (file: number) => string) {
    this.#deps = deps;
    this.#pathOf = pathOf;
  }

  /** Keeps the table of a file that is being sealed. Waits while the disk is full. */
  async write(header: FileHeader, offsets: readonly number[]): Promise<void> {
    const { files, space } = this.#deps;
    const path = this.#indexPath(header.file);
    // Written aside and renamed: a table is there whole or not at all.
    const aside = await space.run(() => files.open(`${path}.tmp`, { create: true }));
    try {
      await aside.truncate(0);
      await space.run(() => aside.writeAt(0, encodeOffsetTable(header, offsets)));
      await aside.sync();
    } finally {
      await aside.close();
    }
    await space.run(() => files.rename(`${path}.tmp`, path));
    await files.syncDirectory(path.slice(0, path.lastIndexOf("/")));
  }

  /** The table of the sealed file that `handle` is open on. Throws `LedgerError` ("corrupt"). */
  async of(handle: OpenFile, header: FileHeader): Promise<readonly number[]> {
    const kept = this.#kept.get(header.file);
    const offsets = kept ?? (await this.#read(header)) ?? (await this.#rebuilt(handle, header));
    this.#kept.delete(header.file);
    this.#kept.set(header.file, offsets);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > OFFSET_TABLES_MAX && oldest.done !== true) {
      this.#kept.delete(oldest.value);
    }
    return offsets;
  }

  async #read(header: FileHeader): Promise<readonly number[] | undefined> {
    const { files } = this.#deps;
    const path = this.#indexPath(header.file);
    if (!(await files.exists(path))) return undefined;
    const handle = await files.open(path, { create: false });
    try {
      return decodeOffsetTable(header, await handle.readAt(0, await handle.size()));
    } finally {
      await handle.close();
    }
  }

  // A sealed file was flushed to its end: whatever does not read is damage.
  async #rebuilt(handle: OpenFile, header: FileHeader): Promise<readonly number[]> {
    const file = this.#pathOf(header.file);
    this.#deps.logger.warn(
      "rebuilding the offsets of a block file: its index is absent or damaged",
      { file },
    );
    const scan = scanFile(await handle.readAt(0, await handle.size()), header);
    if (scan.tail === "clean") return scan.offsets;
    const block = header.firstBlock + scan.offsets.length - 1;
    throw corruptBlockFile(file, scan.offsets.at(-1) ?? 0, block);
  }

  #indexPath(file: number): string {
    return this.#pathOf(file).replace(/heddle$/, "index");
  }
}
