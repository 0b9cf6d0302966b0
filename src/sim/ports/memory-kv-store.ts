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
import { SortedTable } from "./sorted-table.ts";

/** What of the store survives its process; hand it to the next one. */
export class MemoryKvDisk {
  table: SortedTable = new SortedTable();

  /** Another disk with the same content. */
  clone(): MemoryKvDisk {
    const clone = new MemoryKvDisk();
    // A table is never changed, so that both may have it.
    clone.table = this.table;
    return clone;
  }

  erase(): void {
    this.table = new SortedTable();
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
    return this.#open().get(key);
  }

  range(range: KvRange): IterableIterator<KvEntry> {
    return this.#open().range(range);
  }

  snapshot(): KvSnapshot {
    const table = this.#open();
    let isClosed = false;
    const open = (): SortedTable => {
      assert(!isClosed, "a snapshot is read before it is closed");
      return table;
    };
    return {
      get: (key) => open().get(key),
      range: (range) => open().range(range),
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
      this.#disk.table = table.with(batch);
      this.#faults.checkAlive();
      resolve();
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #open(): SortedTable {
    assert(!this.#isClosed, "a store is used before it is closed");
    this.#faults.checkAlive();
    return this.#disk.table;
  }
}
