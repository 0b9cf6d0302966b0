import { assert } from "../kernel/assert.ts";
import { codeUnits } from "../kernel/bytes.ts";
import { firstIndexWhere } from "../kernel/first-index.ts";
import type { KvEntry, KvRange, KvReader, KvWrite } from "../kernel/ports/kv-store.ts";

interface PendingWrite extends KvWrite {
  /** Number of the batch. */
  readonly batch: number;
}

interface PendingBatch {
  readonly number: number;
  readonly texts: readonly string[];
}

/**
 * A store as it will be once the batches that are on their way into it are written: reads see them already. Whether the
 * store has written a batch in the meantime makes no difference, until `settle` says so. A range is for reading at once.
 */
export class PendingWrites implements KvReader {
  readonly #store: KvReader;
  // By key, a code unit for each byte: the order of the texts is that of the bytes.
  readonly #writes = new Map<string, PendingWrite>();
  readonly #batches: PendingBatch[] = [];
  #added = 0;
  #sorted: string[] | undefined;

  constructor(store: KvReader) {
    this.#store = store;
  }

  /** Lays a batch over the store and those before it. Later entries win over earlier ones. */
  add(batch: readonly KvWrite[]): void {
    const number = this.#added;
    this.#added += 1;
    const texts = batch.map(({ key, value }) => {
      const text = codeUnits(key);
      this.#writes.set(text, { key, value, batch: number });
      return text;
    });
    this.#batches.push({ number, texts });
    this.#sorted = undefined;
  }

  /** The oldest batch is in the store. */
  settle(): void {
    const oldest = this.#batches.shift();
    assert(oldest !== undefined, "a batch was added before it is settled");
    for (const text of oldest.texts) {
      if (this.#writes.get(text)?.batch === oldest.number) this.#writes.delete(text);
    }
    this.#sorted = undefined;
  }

  /** Forgets all that has not been settled. */
  clear(): void {
    this.#writes.clear();
    this.#batches.length = 0;
    this.#sorted = undefined;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#writes.size === 0) return this.#store.get(key);
    const write = this.#writes.get(codeUnits(key));
    return write === undefined ? this.#store.get(key) : write.value;
  }

  range(range: KvRange): IterableIterator<KvEntry> {
    return this.#writes.size === 0 ? this.#store.range(range) : this.#merged(range);
  }

  *#merged(range: KvRange): IterableIterator<KvEntry> {
    const isReverse = range.reverse === true;
    const isBefore = (a: string, b: string): boolean => (isReverse ? a > b : a < b);
    const texts = this.#textsIn(range);
    let next = 0;
    for (const entry of this.#store.range(range)) {
      const stored = codeUnits(entry.key);
      for (; isBefore(texts[next] ?? stored, stored); next += 1) yield* this.#present(texts[next]);
      if (texts[next] === stored) {
        yield* this.#present(stored);
        next += 1;
      } else yield entry;
    }
    for (; next < texts.length; next += 1) yield* this.#present(texts[next]);
  }

  #textsIn({ start, end, reverse }: KvRange): readonly string[] {
    this.#sorted ??= [...this.#writes.keys()].sort();
    const first = lowerBound(this.#sorted, codeUnits(start));
    const texts = this.#sorted.slice(
      first,
      end === undefined ? undefined : Math.max(first, lowerBound(this.#sorted, codeUnits(end))),
    );
    return reverse === true ? texts.reverse() : texts;
  }

  #present(text = ""): readonly KvEntry[] {
    const write = this.#writes.get(text);
    return write?.value === undefined ? [] : [{ key: write.key, value: write.value }];
  }
}

/** Index of the first text that is not below `text`. */
function lowerBound(sorted: readonly string[], text: string): number {
  return firstIndexWhere(0, sorted.length, (index) => (sorted[index] ?? "") >= text);
}
