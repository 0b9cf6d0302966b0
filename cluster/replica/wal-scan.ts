/** What the bytes of one segment say, without changing anything. */
import {
  SEGMENT_HEAD_BYTES,
  checksumOfOwner,
  decodeFrame,
  decodeSegmentHead,
  laterFrameOffset,
  writtenEnd,
  type FramePlace,
} from "./wal-format.ts";
import type { WalRecord } from "./wal-record.ts";

/** Where the next frame goes. */
export type LogEnd = { -readonly [Key in keyof FramePlace]: FramePlace[Key] };

/** A frame that was read whole. */
export interface ScannedFrame {
  readonly offset: number;
  readonly end: number;
  readonly sequence: number;
  readonly records: readonly WalRecord[];
}

/** How a segment ends. `torn`: with a write that a crash cut short, of `bytes` bytes up to the last that was written. */
export type SegmentTail =
  | { readonly kind: "clean" }
  /** Its head was never written: it counts as absent. */
  | { readonly kind: "unborn" }
  | { readonly kind: "torn"; readonly bytes: number }
  | { readonly kind: "damaged"; readonly offset: number; readonly reason: string }
  | { readonly kind: "version"; readonly version: number };

export interface SegmentScan {
  readonly owner: string | undefined;
  readonly firstSequence: number;
  readonly frames: readonly ScannedFrame[];
  /** After the last whole frame. */
  readonly end: LogEnd;
  readonly tail: SegmentTail;
}

/** What a segment must follow: the end of the one before it, or nothing known if it is the first. */
export interface ScanStart {
  readonly segment: number;
  readonly follows: LogEnd | undefined;
  /** Of the log: only its end may be torn. */
  readonly isLast: boolean;
}

/** Reads the bytes of a segment's file. */
export function scanSegment(bytes: Uint8Array, start: ScanStart): SegmentScan {
  const { segment, follows, isLast } = start;
  const reading = decodeSegmentHead(bytes);
  const none: LogEnd = {
    owner: follows?.owner ?? "",
    ownerChecksum: follows?.ownerChecksum ?? checksumOfOwner(""),
    segment,
    offset: 0,
    sequence: follows?.sequence ?? 0,
    previousChecksum: follows?.previousChecksum ?? 0,
  };
  const ended = (tail: SegmentTail): SegmentScan => {
    const owner = reading.kind === "head" ? reading.head.owner : undefined;
    return { owner, firstSequence: none.sequence, frames: [], end: none, tail };
  };
  switch (reading.kind) {
    case "version":
      return ended({ kind: "version", version: reading.version });
    case "damaged":
      return ended(damaged(0, "the segment's head does not match its checksum"));
    case "unborn":
      // Its frames come after its head is flushed, and so does the next segment.
      return isLast && writtenEnd(bytes, 0) === 0
        ? ended({ kind: "unborn" })
        : ended(damaged(0, "the segment's head is missing"));
    case "head":
      break;
  }
  const { head } = reading;
  const isExpected =
    head.number === segment &&
    (follows === undefined ||
      (head.firstSequence === follows.sequence &&
        head.previousChecksum === follows.previousChecksum &&
        head.owner === follows.owner));
  if (!isExpected) return ended(damaged(0, "the segment does not follow the one before it"));
  const end: LogEnd = {
    owner: head.owner,
    ownerChecksum: checksumOfOwner(head.owner),
    segment,
    offset: SEGMENT_HEAD_BYTES,
    sequence: head.firstSequence,
    previousChecksum: head.previousChecksum,
  };
  const { frames, tail } = scanFrames(bytes, end, isLast);
  return { owner: head.owner, firstSequence: head.firstSequence, frames, end, tail };
}

// Moves `end` to where the first frame begins that does not read.
function scanFrames(
  bytes: Uint8Array,
  end: LogEnd,
  isLast: boolean,
): { readonly frames: readonly ScannedFrame[]; readonly tail: SegmentTail } {
  const frames: ScannedFrame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (end.offset < bytes.length) {
    const reading = decodeFrame(bytes, end, view);
    if (reading.kind !== "frame") return { frames, tail: tailOf(bytes, end, reading, isLast) };
    const { records, checksum } = reading;
    frames.push({ offset: end.offset, end: reading.end, sequence: end.sequence, records });
    end.offset = reading.end;
    end.sequence += 1;
    end.previousChecksum = checksum;
  }
  return { frames, tail: { kind: "clean" } };
}

function tailOf(
  bytes: Uint8Array,
  end: LogEnd,
  reading: { readonly kind: "torn" } | { readonly kind: "damaged"; readonly reason: string },
  isLast: boolean,
): SegmentTail {
  const { offset } = end;
  const written = writtenEnd(bytes, offset);
  if (reading.kind === "damaged") return damaged(offset, reading.reason);
  if (written === offset) return { kind: "clean" };
  if (!isLast) return damaged(offset, "a frame before the end is not whole");
  const later = laterFrameOffset(bytes, end);
  if (later === undefined) return { kind: "torn", bytes: written - offset };
  return damaged(offset, `a frame is not whole, and another one follows it at offset ${later}`);
}

function damaged(offset: number, reason: string): SegmentTail {
  return { kind: "damaged", offset, reason };
}
