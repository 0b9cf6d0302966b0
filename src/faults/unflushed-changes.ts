/** What a process did to a file. */
export type FileChange =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number };

/** The bytes of a file, to be changed in place. */
export interface FileImage {
  readonly size: number;
  /** What grows is zero. */
  resize(size: number): void;
  write(offset: number, bytes: Uint8Array): void;
}

/** What was there before a change. */
export interface Covered {
  readonly sizeBefore: number;
  /** Where `bytes` were: those that the change covered or cut off. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface PendingChange {
  readonly change: FileChange;
  readonly covered: Covered;
  /** A flush of it failed. */
  readonly isLost: boolean;
}

/** Bytes whose flush failed: the page counts as clean, so that later flushes pass it over. What is durable there is older. */
interface StaleRange {
  readonly offset: number;
  readonly durable: Uint8Array;
}

/**
 * What of one file a loss of power may take: its changes since they were last flushed, each with what undoes it. Changes have
 * numbers, from 1 on, in their order.
 */
export class UnflushedChanges {
  // From what a power loss is sure to leave to what is seen, in order.
  #pending: PendingChange[] = [];
  #stale: StaleRange[] = [];
  #count = 0;
  #pendingBytes = 0;

  /** Number of the newest change. */
  get count(): number {
    return this.#count;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#stale.length === 0;
  }

  /** What is kept here, in bytes. */
  get byteCount(): number {
    return this.#stale.reduce((sum, { durable }) => sum + durable.length, this.#pendingBytes);
  }

  /** Keeps `change` and `covered`: neither may be changed afterwards. */
  add(change: FileChange, covered: Covered): void {
    this.#count += 1;
    const pending = { change, covered, isLost: false };
    this.#pendingBytes += bytesOf(pending);
    this.#pending.push(pending);
  }

  /** Changes up to that number are durable, but for what an earlier flush has failed to write. */
  flush(through: number = this.#count): void {
    for (const { change, covered, isLost } of this.#take(through)) {
      if (change.kind === "truncate") {
        this.#stale = this.#stale.flatMap((range) => outside(range, change.size, Infinity));
        continue;
      }
      if (!isLost && this.#stale.length === 0) continue;
      const end = covered.offset + change.bytes.length;
      const durable = new Uint8Array(change.bytes.length);
      durable.set(covered.bytes);
      for (const range of this.#stale) overlay(durable, covered.offset, range);
      this.#stale = this.#stale.flatMap((range) => outside(range, covered.offset, end));
      if (isLost) this.#stale.push({ offset: covered.offset, durable });
    }
  }

  /** A failed flush marks pages clean: they stay visible, and a power loss takes them. */
  failFlush(through: number = this.#count): void {
    const first = this.#count - this.#pending.length + 1;
    this.#pending = this.#pending.map((each, index) =>
      first + index <= through ? { ...each, isLost: true } : each,
    );
  }

  /** Changes up to that number are durable, those as well whose flush once failed. */
  forget(through: number = this.#count): void {
    this.#take(through);
    this.#stale = [];
  }

  /** Brings `image` back to what is durable, then makes those changes that `survivors` answers for each that is not. */
  settle(image: FileImage, survivors: (change: FileChange) => readonly FileChange[]): void {
    const pending = this.#take(this.#count);
    for (const { covered } of [...pending].reverse()) {
      image.resize(covered.sizeBefore);
      image.write(covered.offset, covered.bytes);
    }
    for (const range of this.#stale) {
      const inside = range.durable.subarray(0, Math.max(0, image.size - range.offset));
      if (inside.length > 0) image.write(range.offset, inside);
    }
    this.#stale = [];
    for (const { change, isLost } of pending) {
      if (isLost) continue;
      for (const survivor of survivors(change)) perform(image, survivor);
    }
  }

  #take(through: number): PendingChange[] {
    const first = this.#count - this.#pending.length + 1;
    const taken = this.#pending.splice(0, Math.max(0, through - first + 1));
    for (const each of taken) this.#pendingBytes -= bytesOf(each);
    return taken;
  }
}

function bytesOf({ change, covered }: PendingChange): number {
  return covered.bytes.length + (change.kind === "write" ? change.bytes.length : 0);
}

export function perform(image: FileImage, change: FileChange): void {
  if (change.kind === "truncate") image.resize(change.size);
  else image.write(change.offset, change.bytes);
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
