import { perform, UnflushedChanges, type FileChange, type FileImage } from "../../faults/index.ts";

/** The bytes of a file, those that a power loss is sure to leave and those that it may take. */
export class SimulatedInode implements FileImage {
  // What every process sees: the first `#size` bytes, zeros where the buffer ends before. All of it from `#size` on is zero.
  #buffer: Uint8Array = new Uint8Array(0);
  #size = 0;
  #unflushed = new UnflushedChanges();

  get size(): number {
    return this.#size;
  }

  /** A copy. */
  read(start = 0, end: number = this.#size): Uint8Array {
    const sizeEnd = Math.min(end, this.#size);
    if (sizeEnd <= this.#buffer.length) return this.#buffer.slice(start, Math.max(start, sizeEnd));
    const bytes = new Uint8Array(Math.max(0, sizeEnd - start));
    bytes.set(this.#buffer.subarray(start));
    return bytes;
  }

  apply(change: FileChange): void {
    const offset = change.kind === "write" ? change.offset : Math.min(change.size, this.#size);
    const end = change.kind === "write" ? offset + change.bytes.length : this.#size;
    const bytes = this.read(offset, end);
    this.#unflushed.add(change, { sizeBefore: this.#size, offset, bytes });
    perform(this, change);
  }

  /** What is seen is durable, but for what an earlier flush has failed to write. */
  sync(): void {
    this.#unflushed.flush();
  }

  /** A failed flush marks pages clean: they stay visible, and a power loss takes them. */
  failSync(): void {
    this.#unflushed.failFlush();
  }

  /** Another content, durable. */
  replace(content: Uint8Array): void {
    this.#buffer = content.slice();
    this.#size = content.length;
    this.#unflushed = new UnflushedChanges();
  }

  /** Goes back to what was durable, then makes those changes that `survivors` answers for each that was not. */
  settle(survivors: (change: FileChange) => readonly FileChange[]): void {
    this.#unflushed.settle(this, survivors);
  }

  clone(): SimulatedInode {
    const clone = new SimulatedInode();
    clone.#buffer = this.#buffer.slice();
    clone.#size = this.#size;
    return clone;
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.#size = Math.max(this.#size, end);
    if (!isZeros(bytes)) this.#reserve(end);
    const inside = Math.max(0, this.#buffer.length - offset);
    if (inside > 0) this.#buffer.set(bytes.subarray(0, inside), offset);
  }

  resize(size: number): void {
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Zeros from this length on are kept as a view of `ZEROS`, of which files keep no copy. */
const ZEROS_BYTES_MIN = 65_536;
const ZEROS = new Uint8Array(16 * 1024 * 1024);

/** A copy of what is written. Files that are allocated ahead are long, and nothing but zeros. */
export function keptBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length < ZEROS_BYTES_MIN || bytes.length > ZEROS.length) return bytes.slice();
  const same = ZEROS.subarray(0, bytes.length);
  return Buffer.compare(bytes, same) === 0 ? same : bytes.slice();
}

function isZeros(bytes: Uint8Array): boolean {
  return bytes.buffer === ZEROS.buffer;
}
