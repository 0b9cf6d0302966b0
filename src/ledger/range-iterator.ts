import { assert } from "../kernel/assert.ts";
import type { RangeQueryInfo } from "../wire/index.ts";
import { RangeDigest } from "./core/range-digest.ts";
import { versionToWire } from "./core/version.ts";
import { RANGE_MERKLE_DEGREE, RANGE_ROWS_MAX } from "./limits.ts";
import type { StateValueRow } from "./state-view.ts";

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface RangeOptions {
  /** Rows after which iteration ends without looking further. Default and largest sensible: `RANGE_ROWS_MAX`. */
  readonly rowsMax?: number;
}

/** One reply's worth of rows. */
export interface RangeBatch {
  readonly rows: readonly KeyValue[];
  /** True only if at least one more row exists. */
  readonly hasMore: boolean;
}

/** Rows of a range, read as they are asked for. */
export class RangeIterator {
  readonly #rows: Iterator<StateValueRow>;
  readonly #rowsMax: number;
  readonly #onRow: (row: StateValueRow) => void;
  readonly #onExhausted: () => void;
  #pending: KeyValue[] = [];
  #rowCount = 0;
  #isClosed = false;

  /** `observe` learns of each row that is read and of the end of the range, if reading gets there. */
  constructor(
    rows: Iterator<StateValueRow>,
    end: string,
    options: RangeOptions = {},
    observe?: RangeRecorder,
  ) {
    this.#rows = rows;
    this.#rowsMax = options.rowsMax ?? RANGE_ROWS_MAX;
    this.#onRow = (row): void => observe?.add(row);
    this.#onExhausted = (): void => observe?.exhaust(end);
  }

  /** The next row, or undefined at the end of the range, at the bound, or after `close`. */
  next(): KeyValue | undefined {
    return this.#pending.shift() ?? this.#read();
  }

  /**
   * Up to `countMax` rows. To know whether there are more it reads one row further, which the read-write set records:
   * Fabric's endorsers do the same, so the rows recorded are those of the batches plus one.
   */
  nextBatch(countMax: number): RangeBatch {
    assert(countMax > 0, "a batch holds at least one row");
    for (;;) {
      if (this.#rowCount >= this.#rowsMax) return this.#lastBatch();
      const row = this.#read();
      if (row === undefined) return this.#lastBatch();
      if (this.#pending.length === countMax) {
        const rows = this.#pending;
        this.#pending = [row];
        return { rows, hasMore: true };
      }
      this.#pending.push(row);
    }
  }

  /** The key after the last row read, for a later query to start at; empty at the end of the range. Ends the iteration. */
  bookmark(): string {
    if (this.#isClosed) return "";
    const row = this.#rows.next();
    this.close();
    return row.done === true ? "" : row.value.key;
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#rows.return?.();
  }

  #lastBatch(): RangeBatch {
    const rows = this.#pending;
    this.#pending = [];
    return { rows, hasMore: false };
  }

  #read(): KeyValue | undefined {
    if (this.#isClosed || this.#rowCount >= this.#rowsMax) return undefined;
    const result = this.#rows.next();
    if (result.done === true) {
      this.#isClosed = true;
      this.#onExhausted();
      return undefined;
    }
    this.#rowCount += 1;
    this.#onRow(result.value);
    return { key: result.value.key, value: result.value.value };
  }
}

/** What one range query will have read, for the read-write set. */
export class RangeRecorder {
  readonly #digest = new RangeDigest(RANGE_MERKLE_DEGREE);
  readonly #startKey: string;
  #endKey = "";
  #isExhausted = false;

  constructor(startKey: string) {
    this.#startKey = startKey;
  }

  // Until the range ends, what was read reaches to the last row: there may never be another call.
  add(row: StateValueRow): void {
    this.#digest.add({ key: row.key, version: versionToWire(row.version) });
    this.#endKey = row.key;
  }

  exhaust(endKey: string): void {
    this.#endKey = endKey;
    this.#isExhausted = true;
  }

  /** To be called once. */
  finish(): RangeQueryInfo {
    return {
      startKey: this.#startKey,
      endKey: this.#endKey,
      itrExhausted: this.#isExhausted,
      readsInfo: this.#digest.finish(),
    };
  }
}
