/** An ordered map from byte keys to byte values, with atomic durable batches and cheap snapshots. */
export interface KvReader {
  /** The value, or undefined. The caller may keep it and must not change it. */
  get(key: Uint8Array): Uint8Array | undefined;
  /**
   * Entries with `start <= key < end` in ascending byte order (`end` absent: to the last key), read lazily.
   * The reader must stay open while it is iterated.
   */
  range(range: KvRange): IterableIterator<KvEntry>;
}

export interface KvRange {
  readonly start: Uint8Array;
  readonly end?: Uint8Array;
  /** Descending from just below `end`. Default false. */
  readonly reverse?: boolean;
}

export interface KvEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** `value` undefined removes the key. */
export interface KvWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A consistent view of one moment; later writes do not show. */
export interface KvSnapshot extends KvReader {
  /** Idempotent. Snapshots left open pin disk space. */
  close(): void;
}

export interface KvStore extends KvReader {
  snapshot(): KvSnapshot;
  /**
   * All or nothing, durable when it resolves. Later entries of one batch win over earlier ones. A rejection for want of space
   * (see `isNoSpace`) leaves the store as it was, and the batch may be written again.
   */
  write(batch: readonly KvWrite[]): Promise<void>;
  close(): Promise<void>;
}
