/** What a loss of power may leave of files, written down apart from what brings it about: every state that is allowed. */
import type { FileChange } from "../../../src/faults/index.ts";

const SECTOR = 512;

interface ModelFile {
  flushed: Uint8Array;
  pending: FileChange[];
}

interface ModelEntry {
  readonly name: string;
  readonly file: ModelFile | undefined;
}

export class DiskModel {
  readonly #seen = new Map<string, ModelFile>();
  readonly #durable = new Map<string, ModelFile>();
  #entries: ModelEntry[] = [];

  has(name: string): boolean {
    return this.#seen.has(name);
  }

  create(name: string): void {
    if (!this.has(name)) this.#name(name, { flushed: new Uint8Array(0), pending: [] });
  }

  change(name: string, change: FileChange): void {
    this.#seen.get(name)?.pending.push(change);
  }

  sync(name: string): void {
    const file = this.#seen.get(name);
    if (file === undefined) return;
    file.flushed = file.pending.reduce(applied, file.flushed);
    file.pending = [];
  }

  rename(from: string, to: string): void {
    const file = this.#seen.get(from);
    if (file === undefined || from === to) return;
    this.#name(to, file);
    this.#name(from, undefined);
  }

  remove(name: string): void {
    if (this.has(name)) this.#name(name, undefined);
  }

  syncDirectory(): void {
    for (const entry of this.#entries) setName(this.#durable, entry);
    this.#entries = [];
  }

  /** Whether these files, and no others, may be there after a loss of power. */
  allows(found: ReadonlyMap<string, Uint8Array>): boolean {
    return Array.from({ length: this.#entries.length + 1 }, (_, survivors) => survivors).some(
      (survivors) => {
        const names = new Map(this.#durable);
        for (const entry of this.#entries.slice(0, survivors)) setName(names, entry);
        return (
          names.size === found.size &&
          [...names].every(([name, file]) => mayBe(file, found.get(name)))
        );
      },
    );
  }

  #name(name: string, file: ModelFile | undefined): void {
    setName(this.#seen, { name, file });
    this.#entries.push({ name, file });
  }
}

function setName(names: Map<string, ModelFile>, { name, file }: ModelEntry): void {
  if (file === undefined) names.delete(name);
  else names.set(name, file);
}

function applied(content: Uint8Array, change: FileChange): Uint8Array {
  const size =
    change.kind === "truncate"
      ? change.size
      : Math.max(content.length, change.offset + change.bytes.length);
  const next = new Uint8Array(size);
  next.set(content.subarray(0, size));
  if (change.kind === "write") next.set(change.bytes, change.offset);
  return next;
}

function mayBe({ flushed, pending }: ModelFile, found: Uint8Array | undefined): boolean {
  if (found === undefined || !sizesOf(flushed.length, pending).has(found.length)) return false;
  for (let start = 0; start < found.length; start += SECTOR) {
    if (!sectorsOf(flushed, pending, start).has(sectorText(found, start))) return false;
  }
  return true;
}

/** Lengths that any choice of sectors of any choice of changes leads to. */
function sizesOf(size: number, pending: readonly FileChange[]): ReadonlySet<number> {
  let sizes = new Set([size]);
  for (const change of pending) {
    const next = new Set(sizes);
    for (const before of sizes) {
      const ends = change.kind === "truncate" ? [] : endsOf(change);
      if (change.kind === "truncate") next.add(change.size);
      for (const end of ends) next.add(Math.max(before, end));
    }
    sizes = next;
  }
  return sizes;
}

function endsOf(change: { readonly offset: number; readonly bytes: Uint8Array }): number[] {
  const end = change.offset + change.bytes.length;
  const ends: number[] = [];
  let at = change.offset;
  while (at < end) {
    at = Math.min(end, at - (at % SECTOR) + SECTOR);
    ends.push(at);
  }
  return ends;
}

/** What may stand in the sector from `start` on. */
function sectorsOf(
  flushed: Uint8Array,
  pending: readonly FileChange[],
  start: number,
): ReadonlySet<string> {
  let states = new Map([[sectorText(flushed, start), sectorAt(flushed, start)]]);
  for (const change of pending) {
    const next = new Map(states);
    for (const before of states.values()) {
      const after = sectorAfter(before, change, start);
      next.set(textOf(after), after);
    }
    states = next;
  }
  return new Set(states.keys());
}

function sectorAfter(before: Uint8Array, change: FileChange, start: number): Uint8Array {
  const after = before.slice();
  if (change.kind === "truncate") {
    after.fill(0, Math.min(SECTOR, Math.max(0, change.size - start)));
    return after;
  }
  change.bytes.forEach((byte, index) => {
    const at = change.offset + index - start;
    if (at >= 0 && at < SECTOR) after[at] = byte;
  });
  return after;
}

function sectorAt(content: Uint8Array, start: number): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  sector.set(content.subarray(start, start + SECTOR));
  return sector;
}

function sectorText(content: Uint8Array, start: number): string {
  return textOf(sectorAt(content, start));
}

function textOf(sector: Uint8Array): string {
  return Buffer.from(sector).toString("latin1");
}
