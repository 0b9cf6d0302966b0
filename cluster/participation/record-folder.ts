import { assert } from "../../src/kernel/assert.ts";
import { concatBytes, equalBytes } from "../../src/kernel/bytes.ts";
import { crc32c } from "../../src/kernel/crc32c.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import { ParticipationError } from "./errors.ts";

// Fabric's mark of a file that is being written.
const PARTIAL = "~";
const CHECKSUM_BYTES = 4;

/**
 * Small records on disk, one file for each name, as Fabric's orderers keep those of operations under way:
 * `<directory>/<suffix>/<name>.<suffix>`. A record is there in whole or not at all, and ends with its checksum (CRC-32C).
 */
export class RecordFolder {
  readonly #files: Files;
  readonly #directory: string;
  readonly #suffix: string;

  private constructor(files: Files, directory: string, suffix: string) {
    this.#files = files;
    this.#directory = directory;
    this.#suffix = suffix;
  }

  /** Makes the folder if it is absent, and clears what an interrupted `save` left. */
  static async open(files: Files, parent: string, suffix: string): Promise<RecordFolder> {
    assert(/^[a-z]+$/.test(suffix), "a suffix is part of a file's name");
    const directory = `${parent}/${suffix}`;
    await files.makeDirectory(directory);
    const leftovers = (await files.list(directory)).filter((name) => name.endsWith(PARTIAL));
    for (const name of leftovers) await files.remove(`${directory}/${name}`);
    await files.syncDirectory(directory);
    return new RecordFolder(files, directory, suffix);
  }

  /** Names of the records, sorted. */
  async names(): Promise<readonly string[]> {
    const ending = `.${this.#suffix}`;
    const entries = await this.#files.list(this.#directory);
    return entries
      .filter((entry) => entry.endsWith(ending))
      .map((entry) => entry.slice(0, -ending.length));
  }

  has(name: string): Promise<boolean> {
    return this.#files.exists(this.#path(name));
  }

  /** The record, or undefined when there is none. Throws `ParticipationError` ("damaged_record"). */
  async read(name: string): Promise<Uint8Array | undefined> {
    if (!(await this.has(name))) return undefined;
    const file = await this.#files.open(this.#path(name), { create: false });
    try {
      return this.#verified(name, await file.readAt(0, await file.size()));
    } finally {
      await file.close();
    }
  }

  /** Makes the record, or replaces it. Durable when it resolves. */
  async save(name: string, content: Uint8Array): Promise<void> {
    const partial = `${this.#path(name)}${PARTIAL}`;
    const file = await this.#files.open(partial, { create: true });
    try {
      await file.truncate(0);
      await file.writeAt(0, concatBytes(content, checksumOf(content)));
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#files.rename(partial, this.#path(name));
    await this.#files.syncDirectory(this.#directory);
  }

  /** Durable when it resolves. Nothing happens if it is absent. */
  async remove(name: string): Promise<void> {
    await this.#files.remove(this.#path(name));
    await this.#files.syncDirectory(this.#directory);
  }

  #verified(name: string, stored: Uint8Array): Uint8Array {
    const end = Math.max(0, stored.length - CHECKSUM_BYTES);
    const content = stored.subarray(0, end);
    if (equalBytes(stored.subarray(end), checksumOf(content))) return content;
    throw new ParticipationError(
      "damaged_record",
      `the record ${this.#path(name)} is damaged; remove the channel and join it again`,
    );
  }

  #path(name: string): string {
    return `${this.#directory}/${name}.${this.#suffix}`;
  }
}

function checksumOf(content: Uint8Array): Uint8Array {
  const checksum = crc32c(content);
  return Uint8Array.of(checksum >>> 24, checksum >>> 16, checksum >>> 8, checksum);
}
