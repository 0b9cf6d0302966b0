/** Looks at a log without changing it: a copy, that of a stopped node, or that of a running one. */
import type { Files } from "../../src/kernel/ports/files.ts";
import type { HardState, RaftConfiguration } from "../raft/index.ts";
import { WalContent } from "./wal-content.ts";
import { segmentName, segmentNumber } from "./wal-format.ts";
import { scanSegment, type LogEnd, type SegmentScan } from "./wal-scan.ts";

export interface SegmentReport {
  readonly file: string;
  readonly frames: number;
  /** Of the entries in it, as written: a later segment may replace some. 0 without entries. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly usedBytes: number;
  readonly bytes: number;
  readonly tail: "clean" | "torn" | "unborn" | "damaged" | "version";
}

export interface WalFault {
  readonly file: string;
  readonly offset: number;
  readonly reason: string;
}

export interface WalReport {
  readonly owner: string | undefined;
  readonly segments: readonly SegmentReport[];
  /** Of what could be read before the first fault. */
  readonly hardState: HardState | undefined;
  readonly snapshot:
    | {
        readonly index: number;
        readonly term: number;
        readonly configuration: RaftConfiguration;
        readonly bytes: number;
      }
    | undefined;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Why this member takes no part in its group. */
  readonly forgotten: string | undefined;
  /** Bytes at the end that a crash, or a write under way, has left incomplete: the next start cuts them off. */
  readonly tornBytes: number;
  /** The first place that is not what was written. Nothing after it is believed. */
  readonly fault: WalFault | undefined;
  /** Files of logs that were put aside. */
  readonly asideFiles: readonly string[];
}

/** Reads all segments of the log in `directory`. Rejects with what the disk rejects with. */
export async function inspectLog(files: Files, directory: string): Promise<WalReport> {
  const names = await files.list(directory);
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
  const inspection = new Inspection(directory, numbers[0] ?? 0);
  for (const number of numbers) {
    const file = await files.open(`${directory}/${segmentName(number)}`, { create: false });
    try {
      const bytes = await file.readAt(0, await file.size());
      if (!inspection.take(number, bytes, number === numbers.at(-1))) break;
    } finally {
      await file.close();
    }
  }
  return inspection.report(names.filter((name) => name.startsWith("aside-")));
}

class Inspection {
  readonly #directory: string;
  readonly #firstNumber: number;
  readonly #content: WalContent;
  readonly #segments: SegmentReport[] = [];
  #owner: string | undefined;
  #end: LogEnd | undefined;
  #tornBytes = 0;
  #fault: WalFault | undefined;

  constructor(directory: string, firstNumber: number) {
    this.#directory = directory;
    this.#firstNumber = firstNumber;
    this.#content = new WalContent(firstNumber === 0);
  }

  /** False after a fault. */
  take(number: number, bytes: Uint8Array, isLast: boolean): boolean {
    const expected = this.#end === undefined ? this.#firstNumber : this.#end.segment + 1;
    if (number !== expected) {
      this.#fault = this.#faultAt(expected, 0, "the segment is missing");
      return false;
    }
    const scan = scanSegment(bytes, { segment: number, follows: this.#end, isLast });
    this.#segments.push(segmentReport(number, scan, bytes.length));
    this.#owner ??= scan.owner;
    for (const { offset, records } of scan.frames) {
      for (const record of records) {
        const reason = this.#content.take(record);
        if (reason !== undefined) this.#fault ??= this.#faultAt(number, offset, reason);
      }
    }
    this.#fault ??= this.#tailFault(number, scan);
    if (scan.tail.kind === "torn") this.#tornBytes = scan.tail.bytes;
    this.#end = scan.tail.kind === "unborn" ? this.#end : scan.end;
    return this.#fault === undefined;
  }

  report(asideFiles: readonly string[]): WalReport {
    const { hardState, snapshot, entries, forgotten } = this.#content.recovered(false, 0);
    const reason = this.#fault === undefined ? this.#content.fault() : undefined;
    const first = entries[0]?.index ?? 0;
    return {
      owner: this.#owner,
      segments: this.#segments,
      hardState,
      snapshot: snapshot && {
        index: snapshot.index,
        term: snapshot.term,
        configuration: snapshot.configuration,
        bytes: snapshot.data.length,
      },
      firstIndex: first,
      lastIndex: entries.at(-1)?.index ?? snapshot?.index ?? 0,
      forgotten,
      tornBytes: this.#tornBytes,
      fault: reason === undefined ? this.#fault : this.#faultAt(this.#firstNumber, 0, reason),
      asideFiles,
    };
  }

  #tailFault(number: number, { tail }: SegmentScan): WalFault | undefined {
    if (tail.kind === "damaged") return this.#faultAt(number, tail.offset, tail.reason);
    if (tail.kind !== "version") return undefined;
    return this.#faultAt(number, 0, `it has format version ${tail.version}`);
  }

  #faultAt(number: number, offset: number, reason: string): WalFault {
    return { file: `${this.#directory}/${segmentName(number)}`, offset, reason };
  }
}

function segmentReport(number: number, scan: SegmentScan, bytes: number): SegmentReport {
  const indexes = scan.frames.flatMap(({ records }) =>
    records.flatMap((record) => (record.type === "entry" ? [record.entry.index] : [])),
  );
  return {
    file: segmentName(number),
    frames: scan.frames.length,
    firstIndex: indexes.reduce((least, index) => Math.min(least, index), indexes[0] ?? 0),
    lastIndex: indexes.reduce((most, index) => Math.max(most, index), 0),
    usedBytes: scan.end.offset,
    bytes,
    tail: scan.tail.kind,
  };
}
