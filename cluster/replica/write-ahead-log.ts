import { assert } from "../../src/kernel/assert.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Files, OpenFile } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { isNoSpace } from "../../src/kernel/no-space.ts";
import type { Entry, HardState, Snapshot } from "../raft/index.ts";
import { ReplicaError } from "./errors.ts";
import { FIRST_SEGMENT_BYTES, FRAME_BYTES_MAX, SEGMENT_BYTES, ZEROS_BYTES } from "./limits.ts";
import type { RecoveredLog } from "./wal-content.ts";
import {
  SEGMENT_HEAD_BYTES,
  checksumOfOwner,
  encodeFrame,
  encodeSegmentHead,
  frameBytes,
  segmentName,
} from "./wal-format.ts";
import { recordBytes, type SnapshotOrigin, type WalRecord } from "./wal-record.ts";
import { recoverLog, type HeldSegment, type Recovered } from "./wal-recovery.ts";
import type { LogEnd } from "./wal-scan.ts";

export interface WriteAheadLogDeps {
  readonly files: Files;
  readonly logger: Logger;
}

export interface WriteAheadLogOptions {
  /** Of this log alone. Made if absent. */
  readonly directory: string;
  /** Names the node and the group; a log of another owner is refused. */
  readonly owner: string;
  /** Size of a segment's file, in whole sectors. Default `SEGMENT_BYTES`; the first has `FIRST_SEGMENT_BYTES` at most. */
  readonly segmentBytes?: number;
}

/** What is to be made durable together, in this order. Entries replace everything from the first one's index on. */
export interface LogBatch {
  readonly hardState: HardState | undefined;
  /** From the leader: it replaces the whole log. */
  readonly installSnapshot?: Snapshot | undefined;
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
 * A disk without room makes batches wait until `retry` finds some. After any other failed write, and after any failed
 * flush, the log is dead: what the disk holds is unknown until it is opened again.
 */
export class WriteAheadLog {
  readonly #files: Files;
  readonly #options: Required<WriteAheadLogOptions>;
  readonly #segments: HeldSegment[];
  #snapshotSegment: number;
  // Invariant: the frame to be written next goes to #end, unless it does not fit into the segment.
  #end: LogEnd;
  #file: OpenFile;
  // Of #file: zeros up to here are durable.
  #fileBytes: number;
  #waiting: WaitingBatch[] = [];
  // Of the newest batch.
  #hardState: HardState | undefined;
  #joinedIndex: number | undefined;
  #deferred: HardState | undefined;
  #writing: Promise<void> | undefined;
  #failure: ReplicaError | undefined;
  // Set while batches wait for room on the disk.
  #proceed: (() => void) | undefined;

  /**
   * Opens the log of `options.directory` and reads all of it. A torn end is cut off and reported to the logger.
   * Throws `ReplicaError`: "log_corrupt", "log_version", "log_foreign".
   */
  static async open(
    deps: WriteAheadLogDeps,
    options: WriteAheadLogOptions,
  ): Promise<{ readonly log: WriteAheadLog; readonly recovered: RecoveredLog }> {
    const { files } = deps;
    const full = { segmentBytes: SEGMENT_BYTES, ...options };
    await files.makeDirectory(options.directory);
    const found = await recoverLog(deps, options.directory);
    const { end = firstEnd(options.owner), recovered } = found;
    if (end.owner !== options.owner) throw foreign(options, end.owner);
    if (end.offset === 0) {
      const isFirst = end.segment === 0;
      const segmentBytes = isFirst
        ? Math.min(full.segmentBytes, FIRST_SEGMENT_BYTES)
        : full.segmentBytes;
      const file = await createSegment(files, { ...full, segmentBytes }, end);
      const log = new WriteAheadLog(
        files,
        full,
        found,
        { ...end, offset: SEGMENT_HEAD_BYTES },
        file,
      );
      log.#segments.push({ number: end.segment, lastIndex: 0 });
      return { log, recovered };
    }
    // The entries of the directory may not be durable either.
    await files.syncDirectory(options.directory);
    const path = `${options.directory}/${segmentName(end.segment)}`;
    const file = { handle: await files.open(path, { create: false }), bytes: 0 };
    file.bytes = await file.handle.size();
    return { log: new WriteAheadLog(files, full, found, end, file), recovered };
  }

  private constructor(
    files: Files,
    options: Required<WriteAheadLogOptions>,
    found: Recovered,
    end: LogEnd,
    file: SegmentFile,
  ) {
    assert(options.segmentBytes % SEGMENT_HEAD_BYTES === 0, "a segment is whole sectors");
    this.#files = files;
    this.#options = options;
    this.#segments = [...found.segments];
    this.#snapshotSegment = found.snapshotSegment;
    this.#hardState = found.recovered.hardState;
    this.#joinedIndex = found.recovered.joinedIndex;
    this.#end = end;
    this.#file = file.handle;
    this.#fileBytes = file.bytes;
  }

  /** True while batches wait for room on the disk. */
  get isFull(): boolean {
    return this.#proceed !== undefined;
  }

  /** Resolves once the batch and all before it are durable. Rejects with `ReplicaError` "log_failed". */
  append(batch: LogBatch): Promise<void> {
    const { installSnapshot } = batch;
    const hardState = batch.hardState ?? this.#deferred;
    this.#hardState = hardState ?? this.#hardState;
    this.#deferred = undefined;
    const records: WalRecord[] = [];
    if (installSnapshot !== undefined) records.push(...this.#snapshot(installSnapshot, "received"));
    else if (hardState !== undefined) records.push({ type: "hardState", hardState });
    for (const entry of batch.entries) records.push({ type: "entry", entry });
    return this.#append(records);
  }

  /** Writes `hardState` with the next batch. A crash before that loses it. */
  defer(hardState: HardState): void {
    this.#deferred = hardState;
  }

  /** Makes a snapshot of this member's own state durable, as `append`: the log up to its index is no longer needed. */
  takeSnapshot(snapshot: Snapshot): Promise<void> {
    return this.#append(this.#snapshot(snapshot, "taken"));
  }

  /** Says durably that what was promised before this log is not known, as `append`. */
  forget(reason: string): Promise<void> {
    return this.#append([{ type: "forgotten", reason }]);
  }

  /** Says durably that this member was added to a group that runs, with blocks of entries up to `index`, as `append`. */
  join(index: number): Promise<void> {
    this.#joinedIndex = index;
    return this.#append([{ type: "joined", index }]);
  }

  /** Removes the segments that hold nothing but entries up to `index`, which the newest durable snapshot covers. */
  async removeUpTo(index: number): Promise<void> {
    for (let oldest = this.#segments[0]; oldest !== undefined; oldest = this.#segments[0]) {
      const isNeeded = oldest.lastIndex > index || oldest.number >= this.#snapshotSegment;
      if (isNeeded || this.#failure !== undefined) return;
      this.#segments.shift();
      await this.#files.remove(this.#path(oldest.number));
      // One at a time: a segment must never be missing between others.
      await this.#files.syncDirectory(this.#options.directory);
    }
  }

  /** Tries again what waits for room on the disk. */
  retry(): void {
    this.#proceed?.();
  }

  /** Waits for the flush under way, if any. Further appends reject. Idempotent. */
  async close(): Promise<void> {
    this.#failure ??= new ReplicaError("log_failed", "the log is closed");
    this.#proceed?.();
    await this.#writing;
    await this.#file.close();
  }

  // With what else is in force, for the segment that says it may be removed on the strength of this record.
  #snapshot(snapshot: Snapshot, origin: SnapshotOrigin): readonly WalRecord[] {
    const hardState = this.#deferred ?? this.#hardState;
    const records: WalRecord[] = [{ type: "snapshot", snapshot, origin }];
    if (this.#joinedIndex !== undefined) records.push({ type: "joined", index: this.#joinedIndex });
    if (hardState !== undefined) records.push({ type: "hardState", hardState });
    return records;
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
    let payloadBytes = 0;
    for (const record of records) payloadBytes += recordBytes(record);
    const isEmpty = this.#end.offset === SEGMENT_HEAD_BYTES;
    const isTooLarge = this.#end.offset + frameBytes(payloadBytes) > this.#fileBytes;
    if (isTooLarge && !isEmpty) await this.#withRoom(() => this.#rotate());
    const { bytes, checksum } = encodeFrame(this.#end, records);
    // Written again from its beginning, it overwrites what an attempt without room has left of it.
    await this.#withRoom(() => this.#file.writeAt(this.#end.offset, bytes));
    await this.#file.sync();
    this.#note(records);
    const { offset, sequence } = this.#end;
    this.#end = {
      ...this.#end,
      offset: offset + bytes.length,
      sequence: sequence + 1,
      previousChecksum: checksum,
    };
  }

  #note(records: readonly WalRecord[]): void {
    const segment = this.#segments.at(-1);
    assert(segment !== undefined, "a log has a segment");
    for (const record of records) {
      if (record.type === "snapshot") this.#snapshotSegment = segment.number;
      if (record.type === "entry") {
        segment.lastIndex = Math.max(segment.lastIndex, record.entry.index);
      }
    }
  }

  async #rotate(): Promise<void> {
    const next = { ...this.#end, segment: this.#end.segment + 1, offset: SEGMENT_HEAD_BYTES };
    const file = await createSegment(this.#files, this.#options, next);
    await this.#file.close();
    this.#file = file.handle;
    this.#fileBytes = file.bytes;
    this.#segments.push({ number: next.segment, lastIndex: 0 });
    this.#end = next;
  }

  // Repeats `step`, which must bear it, as long as the disk has no room.
  async #withRoom(step: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await step();
        return;
      } catch (error) {
        if (!isNoSpace(error) || this.#failure !== undefined) throw error;
      }
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
      });
      this.#proceed = undefined;
      this.#checkUsable();
    }
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
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

  #path(number: number): string {
    return `${this.#options.directory}/${segmentName(number)}`;
  }
}

interface SegmentFile {
  readonly handle: OpenFile;
  readonly bytes: number;
}

/**
 * A new segment, durable with its name and its room before anything is written to it. The head comes last: without it
 * the segment counts as absent, so this may be repeated from its beginning when the disk had no room.
 */
async function createSegment(
  files: Files,
  { directory, segmentBytes }: Required<WriteAheadLogOptions>,
  end: LogEnd,
): Promise<SegmentFile> {
  const handle = await files.open(`${directory}/${segmentName(end.segment)}`, { create: true });
  try {
    const head = encodeSegmentHead({
      number: end.segment,
      firstSequence: end.sequence,
      previousChecksum: end.previousChecksum,
      owner: end.owner,
    });
    await handle.truncate(0);
    const zeros = new Uint8Array(Math.min(segmentBytes, ZEROS_BYTES));
    for (let offset = 0; offset < segmentBytes; offset += zeros.length) {
      await handle.writeAt(offset, zeros.subarray(0, segmentBytes - offset));
    }
    await handle.sync();
    await handle.writeAt(0, head);
    await handle.sync();
    await files.syncDirectory(directory);
    return { handle, bytes: segmentBytes };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function firstEnd(owner: string): LogEnd {
  const ownerChecksum = checksumOfOwner(owner);
  return { owner, ownerChecksum, segment: 0, offset: 0, sequence: 0, previousChecksum: 0 };
}

function foreign(options: WriteAheadLogOptions, owner: string): ReplicaError {
  return new ReplicaError(
    "log_foreign",
    `the log in ${options.directory} belongs to "${owner}", not to "${options.owner}"; ` +
      "give each node and channel a directory of its own",
    { data: { owner } },
  );
}
