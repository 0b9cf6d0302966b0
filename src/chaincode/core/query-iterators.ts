import { encode, QueryResponse, QueryResultKv, type QueryResultBytes } from "../../wire/index.ts";
import {
  ITERATORS_PER_TRANSACTION_MAX,
  QUERY_BATCH_COUNT_MAX,
  QUERY_RESULTS_COUNT_MAX,
} from "../limits.ts";
import type { StateIterator } from "../ports.ts";

interface OpenQuery {
  readonly namespace: string;
  readonly rows: StateIterator;
  /** The row beyond the last batch: read in order to know that there is one. */
  readAhead: QueryResultBytes | undefined;
  /** Rows read so far, the one read ahead included. */
  readCount: number;
}

/** The open queries of one transaction, at most `ITERATORS_PER_TRANSACTION_MAX`. */
export class QueryIterators {
  readonly #open = new Map<string, OpenQuery>();
  #openedCount = 0;

  get isFull(): boolean {
    return this.#open.size >= ITERATORS_PER_TRANSACTION_MAX;
  }

  /** Takes over `rows` and answers the id under which they are read. */
  open(namespace: string, rows: StateIterator): string {
    this.#openedCount += 1;
    const id = String(this.#openedCount);
    this.#open.set(id, { namespace, rows, readAhead: undefined, readCount: 0 });
    return id;
  }

  /**
   * The next batch as a marshalled QueryResponse, or undefined when there is no such query.
   * Fabric: a full batch is handed out once the row after it was read, so that `has_more` promises a row;
   * that look ahead is part of the recorded reads.
   */
  nextBatch(id: string): Uint8Array | undefined {
    const query = this.#open.get(id);
    if (query === undefined) return undefined;
    const results = query.readAhead === undefined ? [] : [query.readAhead];
    while (query.readCount < QUERY_RESULTS_COUNT_MAX) {
      const row = readRow(query);
      if (row === undefined) break;
      if (results.length === QUERY_BATCH_COUNT_MAX) {
        query.readAhead = row;
        return encodeBatch(id, results, true);
      }
      results.push(row);
    }
    this.close(id);
    return encodeBatch(id, results, false);
  }

  /** Idempotent, also for ids that never were. Answers the marshalled QueryResponse of a close. */
  close(id: string): Uint8Array {
    this.#open.get(id)?.rows.close();
    this.#open.delete(id);
    return encodeBatch(id, [], false);
  }

  closeAll(): void {
    for (const query of this.#open.values()) query.rows.close();
    this.#open.clear();
  }
}

function readRow(query: OpenQuery): QueryResultBytes | undefined {
  const row = query.rows.next();
  if (row === undefined) return undefined;
  query.readCount += 1;
  const { key, value } = row;
  return { resultBytes: encode(QueryResultKv, { namespace: query.namespace, key, value }) };
}

function encodeBatch(id: string, results: QueryResultBytes[], hasMore: boolean): Uint8Array {
  return encode(QueryResponse, { results, hasMore, id, metadata: new Uint8Array(0) });
}
