/** Makes of a disk what a loss of power would have left of it. */
import type { Files } from "../kernel/ports/files.ts";
import type { Random } from "../kernel/ports/random.ts";
import { survivingParts } from "./surviving-parts.ts";
import type { TrackedFile } from "./tracked-file.ts";
import type { UndoLog } from "./undo-log.ts";
import type { FileImage } from "./unflushed-changes.ts";

/** Nobody else may use `files` meanwhile. `log` is empty then. */
export async function restoreDisk(files: Files, log: UndoLog, random: Random): Promise<void> {
  const dirty = log.dirty;
  const names = new Map(log.entries.settle(random));
  for (const file of dirty) if (!names.has(file.path)) names.set(file.path, file);
  // All is read before anything is written: a file may get the place of another one.
  const contents = new Map<TrackedFile, Uint8Array>();
  for (const file of names.values()) {
    if (file === undefined || contents.has(file)) continue;
    const image = new ByteImage(file.content ?? (await readWhole(files, file.path)));
    file.unflushed.settle(image, (change) => survivingParts(change, random));
    contents.set(file, image.bytes);
  }
  for (const [path, file] of names) {
    const content = file === undefined ? undefined : contents.get(file);
    if (content === undefined) await files.remove(path);
    else await writeWhole(files, path, content);
  }
}

async function readWhole(files: Files, path: string): Promise<Uint8Array> {
  const file = await files.open(path, { create: false });
  try {
    return await file.readAt(0, await file.size());
  } finally {
    await file.close();
  }
}

async function writeWhole(files: Files, path: string, content: Uint8Array): Promise<void> {
  const file = await files.open(path, { create: true });
  try {
    await file.truncate(content.length);
    await file.writeAt(0, content);
  } finally {
    await file.close();
  }
}

class ByteImage implements FileImage {
  #buffer: Uint8Array;
  #size: number;

  constructor(content: Uint8Array) {
    this.#buffer = content;
    this.#size = content.length;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  resize(size: number): void {
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    else this.#reserve(size);
    this.#size = size;
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.#reserve(end);
    this.#buffer.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
