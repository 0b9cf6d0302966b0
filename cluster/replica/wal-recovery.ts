import { assert } from "../../src/kernel/assert.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { ReplicaError } from "./errors.ts";
import { WalContent, type RecoveredLog } from "./wal-content.ts";
import { segmentName, segmentNumber } from "./wal-format.ts";
import type { WalRecord } from "./wal-record.ts";
import { scanSegment, type LogEnd, type SegmentScan } from "./wal-scan.ts";

interface RecoveryDeps {
  readonly files: Files;
  readonly logger: Logger;
}

/** A segment that is there, and the highest index of an entry in it; 0 without entries. */
export interface HeldSegment {
  readonly number: number;
  lastIndex: number;
}

export interface Recovered {
  readonly recovered: RecoveredLog;
  /** `undefined` in a log without segments. `offset` 0: the segment is yet to be made. */
  readonly end: LogEnd | undefined;
  /** Oldest first. */
  readonly segments: readonly HeldSegment[];
  /** Segment of the newest snapshot's record. */
  readonly snapshotSegment: number;
}

/**
 * Reads all segments in order. An incomplete frame at the very end is what a crash leaves: it is overwritten with zeros.
 * Anything else that is wrong is damage to what was durable, and is reported, never passed over.
 */
export async function recoverLog(deps: RecoveryDeps, directory: string): Promise<Recovered> {
  const names = await deps.files.list(directory);
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  const recovery = new Recovery(deps, directory, numbers[0] ?? 0);
  for (const number of numbers) await recovery.read(number, number === numbers.at(-1));
  return recovery.result();
}

class Recovery {
  readonly #deps: RecoveryDeps;
  readonly #directory: string;
  readonly #firstNumber: number;
  readonly #content: WalContent;
  readonly #segments: HeldSegment[] = [];
  #snapshotSegment = 0;
  #tornBytes = 0;
  #hasRecords = false;
  #end: LogEnd | undefined;

  constructor(deps: RecoveryDeps, directory: string, firstNumber: number) {
    this.#deps = deps;
    this.#directory = directory;
    this.#firstNumber = firstNumber;
    this.#content = new WalContent(firstNumber === 0);
  }

  result(): Recovered {
    const fault = this.#content.fault();
    if (fault !== undefined) throw corruptLog(this.#path(this.#firstNumber), 0, fault);
    return {
      recovered: this.#content.recovered(!this.#hasRecords, this.#tornBytes),
      end: this.#end,
      segments: this.#segments,
      snapshotSegment: this.#snapshotSegment,
    };
  }

  async read(number: number, isLast: boolean): Promise<void> {
    const expected = this.#end === undefined ? this.#firstNumber : this.#end.segment + 1;
    if (number !== expected) {
      throw corruptLog(this.#path(expected), 0, "the segment is missing");
    }
    const file = await this.#deps.files.open(this.#path(number), { create: false });
    try {
      const bytes = await file.readAt(0, await file.size());
      const scan = scanSegment(bytes, { segment: number, follows: this.#end, isLast });
      this.#settle(scan, number);
      if (scan.tail.kind === "torn") {
        await file.writeAt(scan.end.offset, new Uint8Array(scan.tail.bytes));
        await file.sync();
      }
      // A flush that failed may have left the last frame readable and not durable.
      const last = scan.frames.at(-1);
      if (isLast && scan.tail.kind !== "unborn") {
        const start = last?.offset ?? 0;
        await file.writeAt(start, bytes.subarray(start, scan.end.offset));
        await file.sync();
      }
    } finally {
      await file.close();
    }
  }

  #settle(scan: SegmentScan, number: number): void {
    const { tail, end } = scan;
    switch (tail.kind) {
      case "version":
        throw newerLog(this.#path(number), tail.version);
      case "damaged":
        throw corruptLog(this.#path(number), tail.offset, tail.reason);
      case "torn":
        this.#tear(number, end.offset, tail.bytes);
        break;
      case "unborn":
        // As if it were not there: it is made again.
        if (this.#end === undefined) return;
        this.#end = { ...this.#end, segment: number, offset: 0 };
        return;
      case "clean":
        break;
    }
    this.#segments.push({ number, lastIndex: 0 });
    for (const { offset, records } of scan.frames) {
      for (const record of records) this.#take(record, number, offset);
    }
    this.#end = end;
  }

  #take(record: WalRecord, number: number, offset: number): void {
    this.#hasRecords = true;
    const fault = this.#content.take(record);
    if (fault !== undefined) throw corruptLog(this.#path(number), offset, fault);
    if (record.type === "snapshot") this.#snapshotSegment = number;
    if (record.type !== "entry") return;
    const segment = this.#segments.at(-1);
    assert(segment !== undefined, "a record is in a segment");
    segment.lastIndex = Math.max(segment.lastIndex, record.entry.index);
  }

  #tear(number: number, offset: number, bytes: number): void {
    this.#tornBytes += bytes;
    this.#deps.logger.warn("cut off the end of the log, which a crash had left incomplete", {
      file: this.#path(number),
      offset,
      bytes,
    });
  }

  #path(number: number): string {
    return `${this.#directory}/${segmentName(number)}`;
  }
}

function corruptLog(path: string, offset: number, reason: string): ReplicaError {
  return new ReplicaError(
    "log_corrupt",
    `log ${path} is damaged at offset ${offset}: ${reason}; ` +
      "restore the file from a backup taken after its last write, and put no empty log in its place: this node would forget what it has promised its group",
    { data: { file: path, offset } },
  );
}

function newerLog(path: string, version: number): ReplicaError {
  return new ReplicaError(
    "log_version",
    `log ${path} has format version ${version}, which this program does not know; start the program that wrote it`,
    { data: { file: path, version } },
  );
}
