import { type Database, type RootDatabase, open } from "lmdb";
import { sha256 } from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import { compareBytes, concatBytes, equalBytes } from "../../kernel/bytes.ts";
import { nodeFiles } from "../../kernel/adapters/node-files.ts";
import type {
  KvEntry,
  KvRange,
  KvSnapshot,
  KvStore,
  KvWrite,
} from "../../kernel/ports/kv-store.ts";

/** LMDB's own bound with 4 KiB pages. */
const STORED_KEY_BYTES_MAX = 1_978;
const HASH_BYTES = 32;
/** A key of this length or more is stored as so many of its bytes, then its SHA-256. */
const LONG_KEY_BYTES_MIN = STORED_KEY_BYTES_MAX - HASH_BYTES;
/** Snapshots open at one time: more than the simulations that a peer admits. A further one throws. */
const SNAPSHOTS_MAX = 4_096;

/** Free bytes of the disk below which nothing is written: room for what others write to it meanwhile. */
const FREE_BYTES_MIN: number = 32 * 1024 * 1024;
/** LMDB writes every page anew that leads to a changed one. */
const COPIES_MAX = 8;

type Store = Database<Uint8Array, Uint8Array>;
type ReadTransaction = ReturnType<Store["useReadTransaction"]>;

/**
 * `KvStore` on LMDB: one environment, one table.
 *
 * LMDB orders keys of at most 1,978 bytes. A longer one (from 1,946 bytes on, so that the two kinds have different
 * lengths and cannot be confused) is stored under its first 1,946 bytes and its hash, with the whole key in front of its
 * value. Ranges still come in the order of the whole keys: long keys that share their first 1,946 bytes lie together
 * and are sorted in memory when a range reaches them, which costs memory for those keys, not for their values.
 */
export class LmdbKvStore implements KvStore {
  readonly #store: RootDatabase<Uint8Array, Uint8Array>;
  #closing: Promise<void> | undefined;

  readonly #directory: string;
  readonly #freeBytes: () => Promise<number>;
  // Once a commit has failed: LMDB does not bear another attempt, which damages the memory of the process.
  #failure: Error | undefined;
  // One after the other, so that batches are written in the order of the calls. Never rejects.
  #checks: Promise<void> = Promise.resolve();

  private constructor(
    store: RootDatabase<Uint8Array, Uint8Array>,
    directory: string,
    freeBytes: () => Promise<number>,
  ) {
    this.#store = store;
    this.#directory = directory;
    this.#freeBytes = freeBytes;
  }

  /**
   * Opens or makes the environment in `directory`, whose parent exists. One process may open it, once. A batch is refused for
   * want of space before LMDB sees it while `freeBytes`, by default of the directory's disk, tells that little is left.
   */
  static open(
    directory: string,
    freeBytes: () => Promise<number> = () => nodeFiles.freeBytes(directory),
  ): LmdbKvStore {
    return new LmdbKvStore(
      open<Uint8Array, Uint8Array>({
        path: directory,
        encoding: "binary",
        keyEncoding: "binary",
        // A commit that could not be flushed is not visible afterwards, and its promise rejects.
        overlappingSync: false,
        // Of its own batches nobody could hear that they failed.
        eventTurnBatching: false,
        noSubdir: false,
        maxReaders: SNAPSHOTS_MAX,
      }),
      directory,
      freeBytes,
    );
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return get(this.#store, key, undefined);
  }

  range(range: KvRange): IterableIterator<KvEntry> {
    return readRange(this.#store, range, undefined);
  }

  snapshot(): KvSnapshot {
    const transaction = this.#store.useReadTransaction();
    let isOpen = true;
    return {
      get: (key) => {
        assert(isOpen, "a snapshot is read before it is closed");
        return get(this.#store, key, transaction);
      },
      range: (range) => {
        assert(isOpen, "a snapshot is read before it is closed");
        return readRange(this.#store, range, transaction);
      },
      close: () => {
        if (isOpen) transaction.done();
        isOpen = false;
      },
    };
  }

  async write(batch: readonly KvWrite[]): Promise<void> {
    if (batch.length === 0) return;
    const checking = this.#checks.then(() => this.#checkRoom(batch));
    this.#checks = checking.catch(() => undefined);
    await checking;
    if (this.#failure !== undefined) throw this.#failure;
    // Operations of one batch share a transaction, which a thread of LMDB's own writes and flushes.
    const written = this.#store.batch(() => {
      for (const { key, value } of batch) {
        const stored = storedKey(key);
        const written =
          value === undefined
            ? this.#store.remove(stored)
            : this.#store.put(stored, isLong(key) ? withKey(key, value) : value);
        // The batch rejects for all of its operations; their own promises must not go unhandled meanwhile.
        written.catch(() => undefined);
      }
    });
    await written.catch(async (error: unknown) => {
      this.#failure ??= new Error(
        `the state in ${this.#directory} could not be written: check the disk, then restart`,
        { cause: await causeOf(error) },
      );
      throw this.#failure;
    });
  }

  async #checkRoom(batch: readonly KvWrite[]): Promise<void> {
    let bytes = 0;
    for (const { key, value } of batch) bytes += key.length + (value?.length ?? 0);
    const freeBytes = await this.#freeBytes();
    if (freeBytes < FREE_BYTES_MIN + bytes * COPIES_MAX) throw full(this.#directory, freeBytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#store.close();
    return this.#closing;
  }
}

/** Time that LMDB is given to say why a commit failed, which it does in the same turn. */
const CAUSE_MS_MAX = 1_000;

// The error of a failed commit holds a promise that rejects with the cause.
async function causeOf(error: unknown): Promise<unknown> {
  const cause = error instanceof Error && "commitError" in error ? error.commitError : undefined;
  if (!(cause instanceof Promise)) return error;
  return new Promise((resolve) => {
    const timeout = setTimeout(resolve, CAUSE_MS_MAX, error);
    const tell = (reason: unknown): void => {
      clearTimeout(timeout);
      resolve(reason);
    };
    cause.then(tell, tell);
  });
}

function full(directory: string, freeBytes: number): Error {
  return Object.assign(
    new Error(`the disk of ${directory} has ${freeBytes} bytes left, which is too little to write`),
    { code: "ENOSPC" },
  );
}

function isLong(key: Uint8Array): boolean {
  return key.length >= LONG_KEY_BYTES_MIN;
}

function storedKey(key: Uint8Array): Uint8Array {
  assert(key.length > 0, "LMDB has no empty key");
  return isLong(key) ? concatBytes(key.subarray(0, LONG_KEY_BYTES_MIN), sha256(key)) : key;
}

// Four bytes of length, the whole key, the value.
function withKey(key: Uint8Array, value: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, key.length);
  return concatBytes(length, key, value);
}

function splitKey(stored: Uint8Array): KvEntry {
  const length = new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  return { key: stored.slice(4, 4 + length), value: stored.slice(4 + length) };
}

function get(
  store: Store,
  key: Uint8Array,
  transaction: ReadTransaction | undefined,
): Uint8Array | undefined {
  const stored = store.get(storedKey(key), transaction === undefined ? undefined : { transaction });
  if (stored === undefined) return undefined;
  return isLong(key) ? splitKey(plain(stored)).value : plain(stored);
}

// LMDB hands out Buffers.
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function* readRange(
  store: Store,
  range: KvRange,
  transaction: ReadTransaction | undefined,
): IterableIterator<KvEntry> {
  const isReverse = range.reverse === true;
  for (const entry of inKeyOrder(store, range, transaction)) {
    const isBelow = compareBytes(entry.key, range.start) < 0;
    const isAbove = range.end !== undefined && compareBytes(entry.key, range.end) >= 0;
    if (isReverse ? isBelow : isAbove) return;
    if (!isBelow && !isAbove) yield entry;
  }
}

/** Entries from at most the near end of the range on, to the last of the table, by whole key. */
function* inKeyOrder(
  store: Store,
  range: KvRange,
  transaction: ReadTransaction | undefined,
): IterableIterator<KvEntry> {
  const isReverse = range.reverse === true;
  let run: Uint8Array[] = [];
  const sortedRun = function* (): IterableIterator<KvEntry> {
    const keys = run.sort((a, b) => (isReverse ? compareBytes(b, a) : compareBytes(a, b)));
    run = [];
    for (const key of keys) {
      const value = get(store, key, transaction);
      if (value !== undefined) yield { key, value };
    }
  };
  const options = {
    ...nearEnd(range),
    reverse: isReverse,
    ...(transaction === undefined ? {} : { transaction }),
  };
  for (const { key: bufferKey, value } of store.getRange(options)) {
    const key = plain(bufferKey);
    const isLongKey = key.length === STORED_KEY_BYTES_MAX;
    const continues = isLongKey && run[0] !== undefined && hasSameHead(run[0], key);
    if (!continues) yield* sortedRun();
    if (isLongKey) run.push(splitKey(plain(value)).key);
    else yield { key, value: plain(value) };
  }
  yield* sortedRun();
}

function hasSameHead(a: Uint8Array, b: Uint8Array): boolean {
  return equalBytes(a.subarray(0, LONG_KEY_BYTES_MIN), b.subarray(0, LONG_KEY_BYTES_MIN));
}

/** Where to start: at or before the range in the order of reading, and before its long neighbours' hashes. */
function nearEnd(range: KvRange): { readonly start?: Uint8Array } {
  if (range.reverse !== true) return { start: range.start.subarray(0, LONG_KEY_BYTES_MIN) };
  if (range.end === undefined) return {};
  if (!isLong(range.end)) return { start: range.end };
  const hashes = new Uint8Array(HASH_BYTES).fill(0xff);
  return { start: concatBytes(range.end.subarray(0, LONG_KEY_BYTES_MIN), hashes) };
}
