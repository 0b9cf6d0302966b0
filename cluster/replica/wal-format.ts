/**
 * Bytes of the write-ahead log. All integers are big-endian; a file is a row of sectors of 512 bytes, each of which
 * begins with a mark that is not zero.
 *
 *   segment   = headSector frame* zero*           written with zeros to its full size before it is used
 *   headSector = mark[1] magic[7] version[1] number[8] firstSequence[8] previousChecksum[4]
 *                ownerLength[2] owner zero* checksum[4]
 *   frame     = mark[1] head[24] payload[487] (mark[1] payload[511])* zero*       in whole sectors
 *   head      = length[4] sequence[8] previousChecksum[4] headChecksum[4] checksum[4]
 *
 * The payload is records (wal-record.ts), `length` bytes of them. A frame is what one flush makes durable, and no flush
 * writes to a sector of an earlier one. Its head checksum covers the log's owner, the segment's number and the frame's
 * offset, so a frame found anywhere else is not believed; its checksum continues from there over the rest of the frame
 * and is repeated in the next frame's head, so a missing frame is noticed.
 *
 * A write that a crash cut short leaves sectors as they were: all zero, which no written sector is. That is how a torn
 * end is told from damage: a last frame without such a sector was written to its end, so if it does not match its
 * checksum then it rotted.
 */
import { assert } from "../../src/kernel/assert.ts";
import { utf8, utf8Decode } from "../../src/kernel/bytes.ts";
import { crc32c, crc32cOfUint32 } from "../../src/kernel/crc32c.ts";
import { decodeRecords, encodeRecord, readUint64, type WalRecord } from "./wal-record.ts";

export const WAL_VERSION = 2;
const SECTOR_BYTES = 512;
/** The first frame's offset. */
export const SEGMENT_HEAD_BYTES: number = SECTOR_BYTES;
/** Bytes of a frame besides its records, in the first of its sectors. */
export const FRAME_HEAD_BYTES = 25;

const SECTOR_CONTENT_BYTES = SECTOR_BYTES - 1;
const MARKS = { segment: 0xd3, frame: 0xb6, rest: 0x6b } as const;
const MAGIC = utf8("hdl-wal");
const VERSION_OFFSET = 8;
const OWNER_OFFSET = 31;
const OWNER_BYTES_MAX = 440;
const HEAD_CHECKSUM_OFFSET = SECTOR_BYTES - 4;
const NAME = /^wal-([0-9a-f]{16})\.heddle$/;
// Format 1 had a shorter head, without a mark.
const OLD_VERSION_OFFSET = 7;

export interface SegmentHead {
  readonly number: number;
  /** Sequence of the segment's first frame. */
  readonly firstSequence: number;
  /** Checksum of the frame before it; 0 in the first segment. */
  readonly previousChecksum: number;
  /** Names the node and the group. */
  readonly owner: string;
}

/** Where a frame lies and what comes before it: all that a frame's head says besides its length. */
export interface FramePlace {
  readonly owner: string;
  /** `checksumOfOwner(owner)`. */
  readonly ownerChecksum: number;
  readonly segment: number;
  readonly offset: number;
  readonly sequence: number;
  readonly previousChecksum: number;
}

/** What each frame's checksum begins with. */
export function checksumOfOwner(owner: string): number {
  return crc32c(utf8(owner));
}

export type SegmentHeadReading =
  | { readonly kind: "head"; readonly head: SegmentHead }
  | { readonly kind: "version"; readonly version: number }
  /** It was never written. */
  | { readonly kind: "unborn" }
  | { readonly kind: "damaged" };

export type FrameReading =
  | {
      readonly kind: "frame";
      readonly records: readonly WalRecord[];
      readonly checksum: number;
      readonly end: number;
    }
  /** Sectors of it, or all of them, were never written. */
  | { readonly kind: "torn" }
  | { readonly kind: "damaged"; readonly reason: string };

export function segmentName(number: number): string {
  return `wal-${number.toString(16).padStart(16, "0")}.heddle`;
}

/** The number in a segment's file name, or `undefined` for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** Bytes in the file of a frame with records of `payloadBytes`. */
export function frameBytes(payloadBytes: number): number {
  const content = FRAME_HEAD_BYTES - 1 + payloadBytes;
  return Math.ceil(content / SECTOR_CONTENT_BYTES) * SECTOR_BYTES;
}

export function encodeSegmentHead(head: SegmentHead): Uint8Array {
  const owner = utf8(head.owner);
  assert(owner.length <= OWNER_BYTES_MAX, "a channel's name is at most 249 bytes");
  const bytes = new Uint8Array(SEGMENT_HEAD_BYTES);
  const view = viewOf(bytes);
  bytes[0] = MARKS.segment;
  bytes.set(MAGIC, 1);
  bytes[VERSION_OFFSET] = WAL_VERSION;
  view.setBigUint64(9, BigInt(head.number));
  view.setBigUint64(17, BigInt(head.firstSequence));
  view.setUint32(25, head.previousChecksum);
  view.setUint16(29, owner.length);
  bytes.set(owner, OWNER_OFFSET);
  view.setUint32(HEAD_CHECKSUM_OFFSET, crc32c(bytes.subarray(0, HEAD_CHECKSUM_OFFSET)));
  return bytes;
}

/** `bytes` is the beginning of a segment's file. */
export function decodeSegmentHead(bytes: Uint8Array): SegmentHeadReading {
  const sector = bytes.subarray(0, SEGMENT_HEAD_BYTES);
  const old = oldVersionOf(sector);
  if (old !== undefined) return { kind: "version", version: old };
  if (isZero(sector)) return { kind: "unborn" };
  if (sector.length < SEGMENT_HEAD_BYTES) return { kind: "damaged" };
  const view = viewOf(sector);
  if (view.getUint32(HEAD_CHECKSUM_OFFSET) !== crc32c(sector.subarray(0, HEAD_CHECKSUM_OFFSET))) {
    return { kind: "damaged" };
  }
  const version = sector[VERSION_OFFSET] ?? 0;
  if (version !== WAL_VERSION) return { kind: "version", version };
  const head = {
    number: Number(view.getBigUint64(9)),
    firstSequence: Number(view.getBigUint64(17)),
    previousChecksum: view.getUint32(25),
    owner: utf8Decode(sector.subarray(OWNER_OFFSET, OWNER_OFFSET + view.getUint16(29))),
  };
  return { kind: "head", head };
}

function oldVersionOf(sector: Uint8Array): number | undefined {
  if (sector.length < 32 || !MAGIC.every((byte, position) => sector[position] === byte)) {
    return undefined;
  }
  const isWhole = viewOf(sector).getUint32(28) === crc32c(sector.subarray(0, 28));
  return isWhole ? sector[OLD_VERSION_OFFSET] : undefined;
}

/** The frame, in whole sectors, and its checksum, which the next frame repeats. */
export function encodeFrame(
  place: FramePlace,
  records: readonly WalRecord[],
): { readonly bytes: Uint8Array; readonly checksum: number } {
  const parts = records.flatMap(encodeRecord);
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(frameBytes(length));
  for (let offset = 0; offset < bytes.length; offset += SECTOR_BYTES) bytes[offset] = MARKS.rest;
  bytes[0] = MARKS.frame;
  let offset = FRAME_HEAD_BYTES;
  for (const part of parts) offset = fillSectors(bytes, offset, part);
  const view = viewOf(bytes);
  view.setUint32(1, length);
  view.setBigUint64(5, BigInt(place.sequence));
  view.setUint32(13, place.previousChecksum);
  const headChecksum = checksumOfHead(bytes, 0, place);
  const checksum = crc32c(bytes, headChecksum, FRAME_HEAD_BYTES);
  view.setUint32(17, headChecksum);
  view.setUint32(21, checksum);
  return { bytes, checksum };
}

// Writes `part` from `offset` on, past the marks of the sectors; answers where the next one goes.
function fillSectors(bytes: Uint8Array, from: number, part: Uint8Array): number {
  let offset = from;
  for (let taken = 0; taken < part.length;) {
    if (offset % SECTOR_BYTES === 0) offset += 1;
    const room = Math.min(SECTOR_BYTES - (offset % SECTOR_BYTES), part.length - taken);
    bytes.set(part.subarray(taken, taken + room), offset);
    taken += room;
    offset += room;
  }
  return offset;
}

/** The frame at `place` of a segment's `bytes`, of which `view` is one. The entries' data are copies. */
export function decodeFrame(
  bytes: Uint8Array,
  place: FramePlace,
  view: DataView = viewOf(bytes),
): FrameReading {
  const { offset } = place;
  if (isZeroSector(bytes, offset)) return { kind: "torn" };
  const length = frameLength(bytes, place, view);
  if (length === undefined) return damaged("its head does not match its checksum");
  if (readUint64(view, offset + 5) !== place.sequence) return damaged("it is out of order");
  if (view.getUint32(offset + 13) !== place.previousChecksum) {
    return damaged("it does not follow the frame before it");
  }
  const end = offset + frameBytes(length);
  const checksum = view.getUint32(offset + 21);
  if (
    end > bytes.length ||
    checksum !== crc32c(bytes, view.getUint32(offset + 17), offset + FRAME_HEAD_BYTES, end)
  ) {
    return isPartlyWritten(bytes.subarray(offset, end), frameBytes(length))
      ? { kind: "torn" }
      : damaged("its content does not match its checksum");
  }
  const records = decodeRecords(payloadOf(bytes, offset, length));
  if (records === undefined) return damaged("its records are malformed");
  return { kind: "frame", records, checksum, end };
}

/**
 * Offset of a frame with a later sequence than `place.sequence`, anywhere after `place.offset`. If there is one then the
 * frame at `place` was once followed by a flush and is not a torn write.
 */
export function laterFrameOffset(bytes: Uint8Array, place: FramePlace): number | undefined {
  const start = place.offset + SECTOR_BYTES;
  const view = viewOf(bytes);
  for (let offset = start; offset + SECTOR_BYTES <= bytes.length; offset += SECTOR_BYTES) {
    if (bytes[offset] !== MARKS.frame) continue;
    const isFrame = frameLength(bytes, { ...place, offset }, view) !== undefined;
    if (isFrame && readUint64(view, offset + 5) > place.sequence) return offset;
  }
  return undefined;
}

/** Offset after the last sector that is not zero, from `offset` on; `offset` if there is none. */
export function writtenEnd(bytes: Uint8Array, offset: number): number {
  let end = bytes.length;
  // Segments are mostly zeros: four bytes a step, where the bytes are placed so that numbers can be read.
  if (bytes.byteOffset % 4 === 0 && end % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, end / 4);
    let count = words.length;
    while (count * 4 > offset && words[count - 1] === 0) count -= 1;
    end = count * 4;
  }
  while (end > offset && bytes[end - 1] === 0) end -= 1;
  return end <= offset ? offset : Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
}

// A copy of what the frame from `start` on holds, without the marks of its sectors.
function payloadOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const first = start + FRAME_HEAD_BYTES;
  if (FRAME_HEAD_BYTES + length <= SECTOR_BYTES) return bytes.slice(first, first + length);
  // Moved together in place: a view for each sector costs more than its bytes.
  const payload = bytes.slice(first, start + frameBytes(length));
  let filled = SECTOR_BYTES - FRAME_HEAD_BYTES;
  for (let from = filled + 1; filled < length; from += SECTOR_BYTES) {
    payload.copyWithin(filled, from, from + SECTOR_CONTENT_BYTES);
    filled += SECTOR_CONTENT_BYTES;
  }
  return payload.subarray(0, length);
}

// Whether a sector of the frame, `size` bytes with its end perhaps cut off, is as it was before the write.
function isPartlyWritten(frame: Uint8Array, size: number): boolean {
  if (frame.length < size) return true;
  for (let offset = 0; offset < frame.length; offset += SECTOR_BYTES) {
    if (isZeroSector(frame, offset)) return true;
  }
  return false;
}

// What the head at `place` says, if its checksum holds.
function frameLength(bytes: Uint8Array, place: FramePlace, view: DataView): number | undefined {
  const { offset } = place;
  if (offset + FRAME_HEAD_BYTES > bytes.length || bytes[offset] !== MARKS.frame) return undefined;
  const isWhole = view.getUint32(offset + 17) === checksumOfHead(bytes, offset, place);
  return isWhole ? view.getUint32(offset + 1) : undefined;
}

// Of the owner, the place in the log, and the head from `start` of `bytes` on, up to its checksums.
function checksumOfHead(bytes: Uint8Array, start: number, place: FramePlace): number {
  const location = checksumOfUint64(
    place.offset,
    checksumOfUint64(place.segment, place.ownerChecksum),
  );
  return crc32c(bytes, location, start, start + 17);
}

// As of the eight bytes of `value`, the highest first.
function checksumOfUint64(value: number, previous: number): number {
  const high = crc32cOfUint32(reversed(Math.floor(value / 2 ** 32)), previous);
  return crc32cOfUint32(reversed(value % 2 ** 32), high);
}

// The number whose four bytes come in the opposite order.
function reversed(value: number): number {
  return (
    (value << 24) | ((value << 8) & 0xff0000) | ((value >>> 8) & 0xff00) | ((value >>> 24) & 0xff)
  );
}

function isZeroSector(bytes: Uint8Array, offset: number): boolean {
  const end = Math.min(offset + SECTOR_BYTES, bytes.length);
  for (let index = offset; index < end; index += 1) if (bytes[index] !== 0) return false;
  return true;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(reason: string): FrameReading {
  return { kind: "damaged", reason };
}
