/**
 * Bytes of the write-ahead log. All integers are big-endian.
 *
 *   segment = magic[7] version[1] number[8] firstSequence[8] previousChecksum[4] checksum[4] frame*
 *   frame   = length[4] sequence[8] previousChecksum[4] headChecksum[4] checksum[4] record*
 *
 * Records are in wal-record.ts.
 *
 * A frame is what one flush makes durable. Its head checksum covers the segment's number and the frame's offset, so a
 * frame found anywhere else is not believed; its checksum continues from there over the records and is repeated in the
 * next frame's head, so a missing frame is noticed. A head can be checked without the frame before it: that is how a
 * torn end (nothing follows) is told from damage (something does).
 */
import { concatBytes, utf8 } from "../../src/kernel/bytes.ts";
import { crc32c } from "../../src/kernel/crc32c.ts";
import { decodeRecords, encodeRecord, type WalRecord } from "./wal-record.ts";

export const WAL_VERSION = 1;
export const SEGMENT_HEAD_BYTES = 32;
export const FRAME_HEAD_BYTES = 24;

const MAGIC = utf8("hdl-wal");
const VERSION_OFFSET = 7;
const NAME = /^wal-([0-9a-f]{16})\.heddle$/;

export interface SegmentHead {
  readonly number: number;
  /** Sequence of the segment's first frame. */
  readonly firstSequence: number;
  /** Checksum of the frame before it; 0 in the first segment. */
  readonly previousChecksum: number;
}

/** Where a frame lies and what comes before it: all that a frame's head says besides its length. */
export interface FramePlace {
  readonly segment: number;
  readonly offset: number;
  readonly sequence: number;
  readonly previousChecksum: number;
}

export type SegmentHeadReading =
  | { readonly kind: "head"; readonly head: SegmentHead }
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "damaged" };

export type FrameReading =
  | {
      readonly kind: "frame";
      readonly records: readonly WalRecord[];
      readonly checksum: number;
      readonly end: number;
    }
  | { readonly kind: "damaged"; readonly reason: string };

export function segmentName(number: number): string {
  return `wal-${number.toString(16).padStart(16, "0")}.heddle`;
}

/** The number in a segment's file name, or `undefined` for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

export function encodeSegmentHead(head: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEAD_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  bytes[VERSION_OFFSET] = WAL_VERSION;
  view.setBigUint64(8, BigInt(head.number));
  view.setBigUint64(16, BigInt(head.firstSequence));
  view.setUint32(24, head.previousChecksum);
  view.setUint32(28, crc32c(bytes.subarray(0, 28)));
  return bytes;
}

export function decodeSegmentHead(bytes: Uint8Array): SegmentHeadReading {
  if (bytes.length < SEGMENT_HEAD_BYTES) return { kind: "damaged" };
  const view = viewOf(bytes);
  if (view.getUint32(28) !== crc32c(bytes.subarray(0, 28))) return { kind: "damaged" };
  const version = bytes[VERSION_OFFSET] ?? 0;
  if (version !== WAL_VERSION) return { kind: "version", version };
  const head = {
    number: Number(view.getBigUint64(8)),
    firstSequence: Number(view.getBigUint64(16)),
    previousChecksum: view.getUint32(24),
  };
  return { kind: "head", head };
}

/** The frame and its checksum, which the next frame repeats. */
export function encodeFrame(
  place: FramePlace,
  records: readonly WalRecord[],
): { readonly bytes: Uint8Array; readonly checksum: number } {
  const payload = concatBytes(...records.flatMap(encodeRecord));
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  const view = viewOf(head);
  view.setUint32(0, payload.length);
  view.setBigUint64(4, BigInt(place.sequence));
  view.setUint32(12, place.previousChecksum);
  const headChecksum = checksumOfHead(head, place);
  const checksum = crc32c(payload, headChecksum);
  view.setUint32(16, headChecksum);
  view.setUint32(20, checksum);
  return { bytes: concatBytes(head, payload), checksum };
}

/** The frame at `place` of a segment's `bytes`. The entries' data are views into them. */
export function decodeFrame(bytes: Uint8Array, place: FramePlace): FrameReading {
  const length = frameLength(bytes, place);
  if (length === undefined) return damaged("its head does not match its checksum");
  const view = viewOf(bytes);
  const { offset } = place;
  if (Number(view.getBigUint64(offset + 4)) !== place.sequence)
    return damaged("it is out of order");
  if (view.getUint32(offset + 12) !== place.previousChecksum) {
    return damaged("it does not follow the frame before it");
  }
  const start = offset + FRAME_HEAD_BYTES;
  const end = start + length;
  if (end > bytes.length) return damaged("it is cut short");
  const payload = bytes.subarray(start, end);
  const checksum = view.getUint32(offset + 20);
  if (checksum !== crc32c(payload, view.getUint32(offset + 16))) {
    return damaged("its content does not match its checksum");
  }
  const records = decodeRecords(payload);
  if (records === undefined) return damaged("its records are malformed");
  return { kind: "frame", records, checksum, end };
}

/**
 * Whether a frame with a later sequence than that of the damaged frame at `place` begins after it. If so, that frame
 * was once followed by a flush and is not a torn write.
 */
export function hasLaterFrame(bytes: Uint8Array, place: FramePlace): boolean {
  const length = frameLength(bytes, place);
  if (length !== undefined)
    return isLaterFrame(bytes, place, place.offset + FRAME_HEAD_BYTES + length);
  for (let offset = place.offset + 1; offset + FRAME_HEAD_BYTES <= bytes.length; offset += 1) {
    if (isLaterFrame(bytes, place, offset)) return true;
  }
  return false;
}

function isLaterFrame(bytes: Uint8Array, place: FramePlace, offset: number): boolean {
  if (offset + FRAME_HEAD_BYTES > bytes.length) return false;
  const sequence = Number(viewOf(bytes).getBigUint64(offset + 4));
  // Cheap and almost always false; there cannot be more frames than bytes.
  if (sequence <= place.sequence || sequence > place.sequence + bytes.length) return false;
  return frameLength(bytes, { ...place, offset }) !== undefined;
}

// What the head at `place` says, if its checksum holds.
function frameLength(bytes: Uint8Array, place: FramePlace): number | undefined {
  if (place.offset + FRAME_HEAD_BYTES > bytes.length) return undefined;
  const head = bytes.subarray(place.offset, place.offset + FRAME_HEAD_BYTES);
  const view = viewOf(head);
  return view.getUint32(16) === checksumOfHead(head, place) ? view.getUint32(0) : undefined;
}

function checksumOfHead(head: Uint8Array, place: { segment: number; offset: number }): number {
  const location = new Uint8Array(16);
  const view = viewOf(location);
  view.setBigUint64(0, BigInt(place.segment));
  view.setBigUint64(8, BigInt(place.offset));
  return crc32c(head.subarray(0, 16), crc32c(location));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(reason: string): FrameReading {
  return { kind: "damaged", reason };
}
