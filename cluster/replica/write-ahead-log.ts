import { assert } from "../../src/kernel/assert.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Files, OpenFile } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Entry, HardState } from "../raft/index.ts";
import { ReplicaError } from "./errors.ts";
import { FRAME_BYTES_MAX, SEGMENT_BYTES_MAX } from "./limits.ts";
import { SEGMENT_HEAD_BYTES, encodeFrame, encodeSegmentHead, segmentName } from "./wal-format.ts";
import { recordBytes, type WalRecord } from "./wal-record.ts";
import { recoverLog, type LogEnd, type RecoveredLog } from "./wal-recovery.ts";

export interface WriteAheadLogDeps {
  readonly files: Files;
  readonly logger: Logger;
}

export interface WriteAheadLogOptions {
  /** Of this log alone. Made if absent. */
  readonly directory: string;
  /** Names the node and the group; a log of another owner is refused. */
  readonly owner: string;
  /** Default `SEGMENT_BYTES_MAX`. */
  readonly segmentBytesMax?: number;
}

/** What is to be made durable together. Entries replace everything from the first one's index on. */
export interface LogBatch {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
}

interface WaitingBatch {
  readonly records: readonly WalRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: ReplicaError) => void;
}

/**
 * The durable part of a Raft log: an append-only sequence of segments. Batches that arrive while a flush is under way
 * share the next one. A crash keeps a prefix of the batches, and all of those whose `append` has resolved.
 *
 * After the first failed write or flush the log is dead: what the disk holds is unknown until it is opened again.
 */
export class WriteAheadLog {
  readonly #files: Files;
  readonly #options: Required<WriteAheadLogOptions>;
  // Invariant: the frame to be written next goes to #end.
  #end: LogEnd;
  #file: OpenFile;
  #waiting: WaitingBatch[] = [];
  #deferred: HardState | undefined;
  #writing: Promise<void> | undefined;
  #failure: ReplicaError | undefined;

  /**
   * Opens the log of `options.directory` and reads all of it. A torn end is cut off and reported to the logger.
   * Throws `ReplicaError`: "log_corrupt", "log_version", "log_foreign".
   */
  static async open(
    deps: WriteAheadLogDeps,
    options: WriteAheadLogOptions,
  ): Promise<{ readonly log: WriteAheadLog; readonly recovered: RecoveredLog }> {
    const full = { segmentBytesMax: SEGMENT_BYTES_MAX, ...options };
    await deps.files.makeDirectory(options.directory);
    const { recovered, end } = await recoverLog(deps, options.directory);
    if (recovered.owner !== undefined && recovered.owner !== options.owner) {
      throw foreign(options, recovered.owner);
    }
    const file = await openEnd(deps.files, full, end);
    const log = new WriteAheadLog(deps.files, full, end, file);
    if (recovered.owner === undefined) await log.#append([{ type: "owner", owner: options.owner }]);
    return { log, recovered };
  }

  private constructor(
    files: Files,
    options: Required<WriteAheadLogOptions>,
    end: LogEnd,
    file: OpenFile,
  ) {
    this.#files = files;
    this.#options = options;
    this.#end = end;
    this.#file = file;
  }

  /** Resolves once the batch and all before it are durable. Rejects with `ReplicaError` "log_failed". */
  append(batch: LogBatch): Promise<void> {
    const hardState = batch.hardState ?? this.#deferred;
    this.#deferred = undefined;
    const records: WalRecord[] = hardState === undefined ? [] : [{ type: "hardState", hardState }];
    for (const entry of batch.entries) records.push({ type: "entry", entry });
    return this.#append(records);
  }

  /** Writes `hardState` with the next batch. A crash before that loses it. */
  defer(hardState: HardState): void {
    this.#deferred = hardState;
  }

  /** Waits for the flush under way, if any. Further appends reject. Idempotent. */
  async close(): Promise<void> {
    this.#failure ??= new ReplicaError("log_failed", "the log is closed");
    await this.#writing;
    await this.#file.close();
  }

  #append(records: readonly WalRecord[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      let bytes = 0;
      for (const record of records) bytes += recordBytes(record);
      this.#waiting.push({ records, bytes, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        const records = group.flatMap((batch) => batch.records);
        // Batches without records only wait for the ones before them, which are durable by now.
        await (records.length > 0 ? this.#write(records) : undefined);
      } catch (error) {
        this.#fail(error, group);
        break;
      }
      for (const batch of group) batch.resolve();
    }
    this.#writing = undefined;
  }

  // At least one batch, and as many of the following as fit into a frame.
  #takeGroup(): readonly WaitingBatch[] {
    let count = 0;
    let bytes = 0;
    for (const batch of this.#waiting) {
      bytes += batch.bytes;
      if (count > 0 && bytes > FRAME_BYTES_MAX) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(records: readonly WalRecord[]): Promise<void> {
    if (this.#end.offset >= this.#options.segmentBytesMax) await this.#rotate();
    const { bytes, checksum } = encodeFrame(this.#end, records);
    await this.#file.writeAt(this.#end.offset, bytes);
    await this.#file.sync();
    this.#end = {
      segment: this.#end.segment,
      offset: this.#end.offset + bytes.length,
      sequence: this.#end.sequence + 1,
      previousChecksum: checksum,
    };
  }

  async #rotate(): Promise<void> {
    const next = { ...this.#end, segment: this.#end.segment + 1, offset: SEGMENT_HEAD_BYTES };
    const file = await createSegment(this.#files, this.#options.directory, next);
    await this.#file.close();
    this.#file = file;
    this.#end = next;
  }

  #fail(error: unknown, group: readonly WaitingBatch[]): void {
    const failure = new ReplicaError(
      "log_failed",
      `writing the log in ${this.#options.directory} failed: ${errorMessage(error)}; ` +
        "free or repair the disk and start this channel again",
      { cause: error, data: { segment: segmentName(this.#end.segment) } },
    );
    this.#failure = failure;
    const refused = [...group, ...this.#waiting];
    this.#waiting = [];
    for (const batch of refused) batch.reject(failure);
  }
}

async function openEnd(
  files: Files,
  options: { readonly directory: string },
  end: LogEnd,
): Promise<OpenFile> {
  if (end.offset === 0) {
    end.offset = SEGMENT_HEAD_BYTES;
    return createSegment(files, options.directory, end);
  }
  return files.open(`${options.directory}/${segmentName(end.segment)}`, { create: false });
}

/** A new segment, durable with its name before anything is written to it. */
async function createSegment(files: Files, directory: string, end: LogEnd): Promise<OpenFile> {
  assert(end.offset === SEGMENT_HEAD_BYTES, "frames follow the segment's head");
  const file = await files.open(`${directory}/${segmentName(end.segment)}`, { create: true });
  const head = encodeSegmentHead({
    number: end.segment,
    firstSequence: end.sequence,
    previousChecksum: end.previousChecksum,
  });
  await file.truncate(0);
  await file.writeAt(0, head);
  await file.sync();
  await files.syncDirectory(directory);
  return file;
}

function foreign(options: WriteAheadLogOptions, owner: string): ReplicaError {
  return new ReplicaError(
    "log_foreign",
    `the log in ${options.directory} belongs to "${owner}", not to "${options.owner}"; ` +
      "give each node and channel a directory of its own",
  );
}
