import { assert } from "../../kernel/assert.ts";
import type {
  KvEntry,
  KvRange,
  KvSnapshot,
  KvStore,
  KvWrite,
} from "../../kernel/ports/kv-store.ts";
import type { Random } from "../../kernel/ports/random.ts";
import { FaultPlan } from "./fault-plan.ts";

/** Sorted by `text`, which has one code unit for each byte of the key: their orders agree. */
type Table = readonly { readonly text: string; readonly entry: KvEntry }[];

/** What of the store survives its process; hand it to the next one. */
export class MemoryKvDisk {
  table: Table = [];

  /** Another disk with the same content. */
  clone(): MemoryKvDisk {
    const clone = new MemoryKvDisk();
    // A table is never changed, so that both may have it.
    clone.table = this.table;
    return clone;
  }
}

export interface MemoryKvStoreOptions {
  readonly disk?: MemoryKvDisk;
  readonly faults?: FaultPlan;
  /** Decides whether a batch that the power loss interrupts is there afterwards. Needed where `faults` may crash. */
  readonly random?: Random;
}

/** The `KvStore` port in memory. A table is never changed, only replaced, so that a snapshot is a reference. */
export class MemoryKvStore implements KvStore {
  readonly #disk: MemoryKvDisk;
  readonly #faults: FaultPlan;
  readonly #random: Random | undefined;
  #isClosed = false;

  constructor(options: MemoryKvStoreOptions = {}) {
    this.#disk = options.disk ?? new MemoryKvDisk();
    this.#faults = options.faults ?? new FaultPlan();
    this.#random = options.random;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return find(this.#open(), key);
  }

  range(range: KvRange): IterableIterator<KvEntry> {
    return scan(this.#open(), range);
  }

  snapshot(): KvSnapshot {
    const table = this.#open();
    let isClosed = false;
    const open = (): Table => {
      assert(!isClosed, "a snapshot is read before it is closed");
      return table;
    };
    return {
      get: (key) => find(open(), key),
      range: (range) => scan(open(), range),
      close: () => {
        isClosed = true;
      },
    };
  }

  write(batch: readonly KvWrite[]): Promise<void> {
    return new Promise((resolve) => {
      const table = this.#open();
      const fate = this.#faults.take("batch");
      const isLost =
        fate === "crash" ? (this.#random?.below(2) ?? 0) === 0 : fate === "crash before";
      if (isLost) this.#faults.checkAlive();
      this.#disk.table = merged(table, batch);
      this.#faults.checkAlive();
      resolve();
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #open(): Table {
    assert(!this.#isClosed, "a store is used before it is closed");
    this.#faults.checkAlive();
    return this.#disk.table;
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}

/** Index of the first entry whose key is not below `text`. */
function lowerBound(table: Table, text: string): number {
  let low = 0;
  let high = table.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((table[middle]?.text ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function find(table: Table, key: Uint8Array): Uint8Array | undefined {
  const text = textOf(key);
  const row = table[lowerBound(table, text)];
  return row?.text === text ? row.entry.value : undefined;
}

function* scan(table: Table, range: KvRange): IterableIterator<KvEntry> {
  const first = lowerBound(table, textOf(range.start));
  const end = range.end === undefined ? table.length : lowerBound(table, textOf(range.end));
  const isReverse = range.reverse === true;
  for (let count = 0; count < end - first; count += 1) {
    const row = table[isReverse ? end - 1 - count : first + count];
    if (row !== undefined) yield row.entry;
  }
}

// Few writes meet a large table: it is copied as it is, and each finds its place in the copy.
function merged(table: Table, batch: readonly KvWrite[]): Table {
  const rows = [...table];
  for (const { key, value } of batch) {
    const text = textOf(key);
    const index = lowerBound(rows, text);
    const isPresent = rows[index]?.text === text;
    if (value === undefined) {
      if (isPresent) rows.splice(index, 1);
      continue;
    }
    const row = { text, entry: { key: key.slice(), value: value.slice() } };
    if (isPresent) rows[index] = row;
    else rows.splice(index, 0, row);
  }
  return rows;
}
