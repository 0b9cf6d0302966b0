/**
 * A sorted map of byte keys that is never changed: a batch makes another one, which shares with it all but the pages that
 * the batch touches. So a snapshot is a reference, and a write costs as much in a large table as in a small one, nearly.
 */
import { codeUnits } from "../../kernel/bytes.ts";
import { firstIndexWhere } from "../../kernel/first-index.ts";
import type { KvEntry, KvRange, KvWrite } from "../../kernel/ports/kv-store.ts";

/** `text` has one code unit for each byte of the key: their orders agree. */
interface Row {
  readonly text: string;
  readonly entry: KvEntry;
}

type Page = readonly Row[];

/** A page that would have more rows is halved. */
const PAGE_ROWS_MAX = 64;

export class SortedTable {
  /** Invariant: no page is empty, and rows ascend from page to page. */
  readonly #pages: readonly Page[];

  constructor(pages: readonly Page[] = []) {
    this.#pages = pages;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = codeUnits(key);
    const page = this.#pages[pageOf(this.#pages, text)];
    const row = page?.[lowerBound(page, text)];
    return row?.text === text ? row.entry.value : undefined;
  }

  range(range: KvRange): IterableIterator<KvEntry> {
    const start = codeUnits(range.start);
    const end = range.end === undefined ? undefined : codeUnits(range.end);
    return range.reverse === true ? this.#descending(start, end) : this.#ascending(start, end);
  }

  /** Later writes win over earlier ones. */
  with(batch: readonly KvWrite[]): SortedTable {
    const pages = [...this.#pages];
    const own = new Set<Page>();
    for (const { key, value } of batch) {
      const text = codeUnits(key);
      const index = Math.max(0, pageOf(pages, text));
      let page = pages[index] as Row[] | undefined;
      if (page === undefined || !own.has(page)) {
        page = [...(page ?? [])];
        own.add(page);
      }
      const entry = value === undefined ? undefined : { key: key.slice(), value: value.slice() };
      put(page, text, entry);
      const half = page.length > PAGE_ROWS_MAX ? page.splice(page.length >> 1) : undefined;
      if (half !== undefined) own.add(half);
      const parts = [page, half].filter((part) => part !== undefined && part.length > 0);
      pages.splice(index, 1, ...(parts as Page[]));
    }
    return new SortedTable(pages);
  }

  *#ascending(start: string, end: string | undefined): IterableIterator<KvEntry> {
    for (let at = Math.max(0, pageOf(this.#pages, start)); at < this.#pages.length; at += 1) {
      const page = this.#pages[at] ?? [];
      for (let index = lowerBound(page, start); index < page.length; index += 1) {
        const row = page[index];
        if (row === undefined || (end !== undefined && row.text >= end)) return;
        yield row.entry;
      }
    }
  }

  *#descending(start: string, end: string | undefined): IterableIterator<KvEntry> {
    const last = end === undefined ? this.#pages.length - 1 : pageOf(this.#pages, end);
    for (let at = last; at >= 0; at -= 1) {
      const page = this.#pages[at] ?? [];
      const from = end === undefined ? page.length : lowerBound(page, end);
      for (let index = from - 1; index >= 0; index -= 1) {
        const row = page[index];
        if (row === undefined || row.text < start) return;
        yield row.entry;
      }
    }
  }
}

/** Index of the last page that begins at or below `text`: the one where it is, or would be; -1 when it is below all. */
function pageOf(pages: readonly Page[], text: string): number {
  return firstIndexWhere(0, pages.length, (index) => (pages[index]?.[0]?.text ?? "") > text) - 1;
}

/** Index of the first row whose key is not below `text`. */
function lowerBound(page: Page, text: string): number {
  return firstIndexWhere(0, page.length, (index) => (page[index]?.text ?? "") >= text);
}

function put(page: Row[], text: string, entry: KvEntry | undefined): void {
  const index = lowerBound(page, text);
  const presentCount = page[index]?.text === text ? 1 : 0;
  if (entry === undefined) page.splice(index, presentCount);
  else if (presentCount === 1) page[index] = { text, entry };
  else page.splice(index, 0, { text, entry });
}
