/** What a process did to a file. */
export type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number };

/** A change that was not synced, with what was there before it: the bytes from `offset` on that it covered or cut off. */
interface PendingChange {
  readonly change: Change;
  readonly sizeBefore: number;
  readonly offset: number;
  readonly covered: Uint8Array;
  /** A flush of it failed. */
  readonly isLost: boolean;
}

/** Bytes whose flush failed: the page counts as clean, so that later flushes pass it over. What is durable there is older. */
interface StaleRange {
  readonly offset: number;
  readonly durable: Uint8Array;
}

/** The bytes of a file, those that a power loss is sure to leave and those that it may take. */
export class SimulatedInode {
  // What every process sees: the first `#size` bytes, zeros where the buffer ends before. All of it from `#size` on is zero.
  #buffer: Uint8Array = new Uint8Array(0);
  #size = 0;
  // From what a power loss is sure to leave to what is seen, in order.
  #pending: PendingChange[] = [];
  #stale: StaleRange[] = [];

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

  apply(change: Change): void {
    const offset = change.kind === "write" ? change.offset : Math.min(change.size, this.#size);
    const end = change.kind === "write" ? offset + change.bytes.length : this.#size;
    const covered = this.read(offset, end);
    this.#pending.push({ change, sizeBefore: this.#size, offset, covered, isLost: false });
    this.#perform(change);
  }

  /** What is seen is durable, but for what an earlier flush has failed to write. */
  sync(): void {
    for (const { change, offset, covered, isLost } of this.#pending) {
      if (change.kind === "truncate") {
        this.#stale = this.#stale.flatMap((range) => outside(range, change.size, Infinity));
        continue;
      }
      if (!isLost && this.#stale.length === 0) continue;
      const end = offset + change.bytes.length;
      const durable = new Uint8Array(change.bytes.length);
      durable.set(covered);
      for (const range of this.#stale) overlay(durable, offset, range);
      this.#stale = this.#stale.flatMap((range) => outside(range, offset, end));
      if (isLost) this.#stale.push({ offset, durable });
    }
    this.#pending = [];
  }

  /** A failed flush marks pages clean: they stay visible, and a power loss takes them. */
  failSync(): void {
    this.#pending = this.#pending.map((each) => ({ ...each, isLost: true }));
  }

  /** Another content, durable. */
  replace(content: Uint8Array): void {
    this.#buffer = content.slice();
    this.#size = content.length;
    this.#pending = [];
    this.#stale = [];
  }

  /** Goes back to what was durable, then makes those changes that `survivors` answers for each that was not. */
  settle(survivors: (change: Change) => readonly Change[]): void {
    const pending = this.#pending;
    for (const { sizeBefore, offset, covered } of [...pending].reverse()) {
      this.#resize(sizeBefore);
      this.#perform({ kind: "write", offset, bytes: covered });
    }
    if (this.#stale.length > 0) this.#reserve(this.#size);
    const seen = this.#buffer.subarray(0, this.#size);
    for (const range of this.#stale) overlay(seen, 0, range);
    for (const { change, isLost } of pending) {
      if (isLost) continue;
      for (const survivor of survivors(change)) this.#perform(survivor);
    }
    this.#pending = [];
    this.#stale = [];
  }

  clone(): SimulatedInode {
    const clone = new SimulatedInode();
    clone.#buffer = this.#buffer.slice();
    clone.#size = this.#size;
    return clone;
  }

  #perform(change: Change): void {
    if (change.kind === "truncate") {
      this.#resize(change.size);
      return;
    }
    const { offset, bytes } = change;
    const end = offset + bytes.length;
    this.#size = Math.max(this.#size, end);
    if (!isZeros(bytes)) this.#reserve(end);
    const inside = Math.max(0, this.#buffer.length - offset);
    if (inside > 0) this.#buffer.set(bytes.subarray(0, inside), offset);
  }

  #resize(size: number): void {
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

/** Puts what of `range` lies in `target`, which begins at `offset` of the file, there. */
function overlay(target: Uint8Array, offset: number, range: StaleRange): void {
  const start = Math.max(offset, range.offset);
  const end = Math.min(offset + target.length, range.offset + range.durable.length);
  if (start >= end) return;
  target.set(range.durable.subarray(start - range.offset, end - range.offset), start - offset);
}

/** What of `range` does not lie in `start` to `end`. */
function outside({ offset, durable }: StaleRange, start: number, end: number): StaleRange[] {
  const before = durable.subarray(0, Math.max(0, start - offset));
  const after = durable.subarray(Math.max(0, Math.min(durable.length, end - offset)));
  return [
    { offset, durable: before },
    { offset: offset + durable.length - after.length, durable: after },
  ].filter((part) => part.durable.length > 0);
}
