import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Entry, HardState } from "../raft/index.ts";
import { ReplicaError } from "./errors.ts";
import {
  SEGMENT_HEAD_BYTES,
  decodeFrame,
  decodeSegmentHead,
  hasLaterFrame,
  segmentName,
  segmentNumber,
  type FramePlace,
} from "./wal-format.ts";
import type { WalRecord } from "./wal-record.ts";

/** What a log held when it was opened. */
export interface RecoveredLog {
  /** `undefined` in a log that was never written to. */
  readonly owner: string | undefined;
  readonly hardState: HardState | undefined;
  /** Consecutive. Their data are views of what was read. */
  readonly entries: readonly Entry[];
  /** Bytes cut off the end because a crash had left them incomplete. */
  readonly tornBytes: number;
}

/** Where the next frame goes. `offset` 0: into a segment yet to be made. */
export type LogEnd = { -readonly [Key in keyof FramePlace]: FramePlace[Key] };

interface RecoveryDeps {
  readonly files: Files;
  readonly logger: Logger;
}

/**
 * Reads all segments in order. An incomplete frame at the very end is what a crash leaves: it is cut off. Anything else
 * that is wrong is damage to what was durable, and is reported, never passed over.
 */
export async function recoverLog(
  deps: RecoveryDeps,
  directory: string,
): Promise<{ readonly recovered: RecoveredLog; readonly end: LogEnd }> {
  const recovery = new Recovery(deps, directory);
  await recovery.run();
  return recovery;
}

class Recovery {
  readonly #deps: RecoveryDeps;
  readonly #directory: string;
  readonly #entries: Entry[] = [];
  #owner: string | undefined;
  #hardState: HardState | undefined;
  #tornBytes = 0;
  end: LogEnd = { segment: 0, offset: 0, sequence: 0, previousChecksum: 0 };

  constructor(deps: RecoveryDeps, directory: string) {
    this.#deps = deps;
    this.#directory = directory;
  }

  get recovered(): RecoveredLog {
    return {
      owner: this.#owner,
      hardState: this.#hardState,
      entries: this.#entries,
      tornBytes: this.#tornBytes,
    };
  }

  async run(): Promise<void> {
    const names = await this.#deps.files.list(this.#directory);
    const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
    for (const [position, number] of numbers.entries()) {
      const isFirst = position === 0;
      if (isFirst) this.end.segment = number;
      else this.end.segment += 1;
      this.end.offset = 0;
      if (number !== this.end.segment) throw this.#corrupt("the segment is missing");
      await this.#readSegment(isFirst, position === numbers.length - 1);
    }
  }

  async #readSegment(isFirst: boolean, isLast: boolean): Promise<void> {
    const file = await this.#deps.files.open(this.#path(), { create: false });
    try {
      const bytes = await file.readAt(0, await file.size());
      if (!this.#readHead(bytes, isFirst, isLast)) return;
      this.#readFrames(bytes, isLast);
      if (this.end.offset === bytes.length) return;
      this.#tear(bytes.length - this.end.offset);
      await file.truncate(this.end.offset);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  // False: a crash came between the making of the last segment and its first flush, so it is to be made again.
  #readHead(bytes: Uint8Array, isFirst: boolean, isLast: boolean): boolean {
    const reading = decodeSegmentHead(bytes);
    switch (reading.kind) {
      case "damaged":
        if (!isLast || this.#isOlderLog(isFirst) || this.#hasFrame(bytes)) {
          throw this.#corrupt("the segment's head does not match its checksum");
        }
        if (bytes.length > 0) this.#tear(bytes.length);
        return false;
      case "version":
        throw this.#version(reading.version);
      case "head":
        break;
    }
    const { head } = reading;
    if (isFirst) {
      this.end.sequence = head.firstSequence;
      this.end.previousChecksum = head.previousChecksum;
    }
    const isExpected =
      head.number === this.end.segment &&
      head.firstSequence === this.end.sequence &&
      head.previousChecksum === this.end.previousChecksum;
    if (!isExpected) throw this.#corrupt("the segment does not follow the one before it");
    this.end.offset = SEGMENT_HEAD_BYTES;
    return true;
  }

  // Stops where a torn frame begins.
  #readFrames(bytes: Uint8Array, isLast: boolean): void {
    while (this.end.offset < bytes.length) {
      const reading = decodeFrame(bytes, this.end);
      if (reading.kind === "damaged") {
        if (!isLast || hasLaterFrame(bytes, this.end)) throw this.#corrupt(reading.reason);
        return;
      }
      for (const record of reading.records) this.#take(record);
      this.end.offset = reading.end;
      this.end.sequence += 1;
      this.end.previousChecksum = reading.checksum;
    }
  }

  #take(record: WalRecord): void {
    switch (record.type) {
      case "owner":
        this.#owner = record.owner;
        return;
      case "hardState":
        this.#hardState = record.hardState;
        return;
      case "entry":
        this.#takeEntry(record.entry);
    }
  }

  // An entry replaces the one at its index and all after it: the suffix of another leader (Raft §5.3).
  #takeEntry(entry: Entry): void {
    const first = this.#entries[0]?.index ?? entry.index;
    const position = entry.index - first;
    if (position < 0 || position > this.#entries.length) {
      throw this.#corrupt(`entry ${entry.index} does not follow the entries before it`);
    }
    this.#entries.length = position;
    this.#entries.push(entry);
  }

  // The first segment of a log whose older ones were dropped was flushed long ago: no crash left it like this.
  #isOlderLog(isFirst: boolean): boolean {
    return isFirst && this.end.segment > 0;
  }

  #hasFrame(bytes: Uint8Array): boolean {
    return hasLaterFrame(bytes, { ...this.end, sequence: this.end.sequence - 1 });
  }

  #tear(bytes: number): void {
    this.#tornBytes += bytes;
    this.#deps.logger.warn("cut off the end of the log, which a crash had left incomplete", {
      file: this.#path(),
      offset: this.end.offset,
      bytes,
    });
  }

  #path(): string {
    return `${this.#directory}/${segmentName(this.end.segment)}`;
  }

  #corrupt(reason: string): ReplicaError {
    return new ReplicaError(
      "log_corrupt",
      `log ${this.#path()} is damaged at offset ${this.end.offset}: ${reason}; ` +
        "restore the file from a backup taken after its last write, and put no empty log in its place: this node would forget what it has promised its group",
      { data: { file: this.#path(), offset: this.end.offset } },
    );
  }

  #version(version: number): ReplicaError {
    return new ReplicaError(
      "log_version",
      `log ${this.#path()} has format version ${version}, which this program does not know; start the program that wrote it`,
      { data: { file: this.#path(), version } },
    );
  }
}
