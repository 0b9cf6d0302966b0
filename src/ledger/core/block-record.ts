/**
 * The format of a block file: a header, then one record for each block.
 *
 *   header  "heddleb" (7) | version 1 (1) | file u32 | first block u64 | CRC-32C u32        little endian
 *   record  body length u32 | CRC-32C u32 | block u64 | batch start u32 | body
 *
 * A record's checksum covers where it lies (file and offset) as well, so that bytes written to a wrong place are found.
 * `batch start` is the offset of the first record that shares the record's flush. All before it was durable when the record
 * was written: a bad record with a good one of a later flush behind it is rot, never a torn write.
 */
import { assert } from "../../kernel/assert.ts";
import { EMPTY_BYTES, equalBytes, utf8 } from "../../kernel/bytes.ts";
import { crc32c, crc32cOfUint32 } from "../../kernel/crc32c.ts";

export const FILE_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 20;

const MAGIC = utf8("heddleb");
const FORMAT_VERSION = 1;

/** A block file's number and the number of the first block in it. */
export interface FileHeader {
  readonly file: number;
  readonly firstBlock: number;
}

export type FileHeaderReading =
  | { readonly kind: "header"; readonly header: FileHeader }
  | { readonly kind: "unsupported"; readonly version: number }
  | { readonly kind: "bad" };

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[MAGIC.length] = FORMAT_VERSION;
  view.setUint32(8, header.file, true);
  view.setBigUint64(12, BigInt(header.firstBlock), true);
  view.setUint32(20, crc32c(bytes.subarray(0, 20)), true);
  return bytes;
}

/** Reads the first `FILE_HEADER_BYTES` of a block file. */
export function decodeFileHeader(bytes: Uint8Array): FileHeaderReading {
  if (bytes.length < FILE_HEADER_BYTES) return { kind: "bad" };
  const view = viewOf(bytes);
  if (view.getUint32(20, true) !== crc32c(bytes.subarray(0, 20))) return { kind: "bad" };
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return { kind: "bad" };
  const version = bytes[MAGIC.length] ?? 0;
  if (version !== FORMAT_VERSION) return { kind: "unsupported", version };
  const header = {
    file: view.getUint32(8, true),
    firstBlock: Number(view.getBigUint64(12, true)),
  };
  return { kind: "header", header };
}

/** Where a record lies; offsets are those of the file, below 2^32. */
export interface RecordPlace {
  readonly file: number;
  readonly offset: number;
}

export interface BlockRecord {
  readonly block: number;
  readonly batchStart: number;
  readonly body: Uint8Array;
}

/** The record in parts, to be joined: the body is not copied here. */
export function encodeRecord(place: RecordPlace, record: BlockRecord): readonly Uint8Array[] {
  assert(record.batchStart <= place.offset, "a flush starts at or before its records");
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, record.body.length, true);
  view.setBigUint64(8, BigInt(record.block), true);
  view.setUint32(16, record.batchStart, true);
  view.setUint32(4, crc32c(record.body, headerChecksum(place, header, 0)), true);
  return [header, record.body];
}

export type RecordReading =
  | { readonly kind: "record"; readonly record: BlockRecord; readonly end: number }
  | { readonly kind: "bad" };

/** Reads the record at `place.offset` of the file, of which `bytes` is the part from `bytesOffset` on; `view` is one of `bytes`. */
export function decodeRecord(
  bytes: Uint8Array,
  place: RecordPlace,
  bytesOffset = 0,
  view: DataView = viewOf(bytes),
): RecordReading {
  const start = place.offset - bytesOffset;
  if (start + RECORD_HEADER_BYTES > bytes.length) return { kind: "bad" };
  const bodyStart = start + RECORD_HEADER_BYTES;
  const bodyEnd = bodyStart + view.getUint32(start, true);
  if (bodyEnd > bytes.length) return { kind: "bad" };
  const expected = view.getUint32(start + 4, true);
  const checksum = crc32c(bytes, headerChecksum(place, bytes, start), bodyStart, bodyEnd);
  if (checksum !== expected) return { kind: "bad" };
  const block = view.getUint32(start + 8, true) + view.getUint32(start + 12, true) * 2 ** 32;
  const batchStart = view.getUint32(start + 16, true);
  const body = bytes.subarray(bodyStart, bodyEnd);
  return { kind: "record", record: { block, batchStart, body }, end: bodyEnd + bytesOffset };
}

/** Where the records of a file are, and what comes after the last good one. */
export interface FileScan {
  /** Start of each record in order, then the end of the last one. */
  readonly offsets: readonly number[];
  /** Body of the last record, undefined when there is none. */
  readonly lastBody: Uint8Array | undefined;
  /** Where the newest flush began: all before it was durable when it was written. 0 without records, for the header. */
  readonly lastBatchStart: number;
  /** "torn": what follows was never flushed. "rotten": it was, and is damaged. */
  readonly tail: "clean" | "torn" | "rotten";
}

/** Checks every record of a whole file. Its header has been read. */
export function scanFile(bytes: Uint8Array, header: FileHeader): FileScan {
  const offsets = [FILE_HEADER_BYTES];
  let offset = FILE_HEADER_BYTES;
  let lastBody: Uint8Array | undefined;
  let lastBatchStart = 0;
  const view = viewOf(bytes);
  while (offset < bytes.length) {
    const reading = decodeRecord(bytes, { file: header.file, offset }, 0, view);
    const expected = header.firstBlock + offsets.length - 1;
    if (reading.kind === "bad" || reading.record.block !== expected) {
      const isRotten = wasFlushedBeyond(bytes, { file: header.file, offset }, expected);
      return { offsets, lastBody, lastBatchStart, tail: isRotten ? "rotten" : "torn" };
    }
    lastBody = reading.record.body;
    lastBatchStart = reading.record.batchStart;
    offset = reading.end;
    offsets.push(offset);
  }
  return { offsets, lastBody, lastBatchStart, tail: "clean" };
}

// Looks behind a bad record for a good one of a later flush. The damage may be in a length, so every offset is tried;
// the cheap fields rule out all but real records before any checksum is computed.
function wasFlushedBeyond(bytes: Uint8Array, bad: RecordPlace, badBlock: number): boolean {
  const view = viewOf(bytes);
  for (let offset = bad.offset + 1; offset + RECORD_HEADER_BYTES <= bytes.length; offset += 1) {
    const batchStart = view.getUint32(offset + 16, true);
    if (batchStart <= bad.offset || batchStart > offset) continue;
    const block = view.getUint32(offset + 8, true) + view.getUint32(offset + 12, true) * 2 ** 32;
    if (block <= badBlock || block > badBlock + bytes.length) continue;
    if (decodeRecord(bytes, { file: bad.file, offset }, 0, view).kind === "record") return true;
  }
  return false;
}

// Of where the record lies and of its header, which begins at `start`: as if the checksum in it were zero.
function headerChecksum(place: RecordPlace, bytes: Uint8Array, start: number): number {
  const location = crc32cOfUint32(place.offset, crc32cOfUint32(place.file));
  const length = crc32c(bytes, location, start, start + 4);
  return crc32c(bytes, crc32cOfUint32(0, length), start + 8, start + RECORD_HEADER_BYTES);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A sealed file's offsets: "heddlei" (7) | version 1 (1) | first block u64 | offsets u32 each | CRC-32C u32. */
const INDEX_MAGIC = utf8("heddlei");
const INDEX_HEADER_BYTES = 16;

export function encodeOffsetTable(header: FileHeader, offsets: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(INDEX_HEADER_BYTES + 4 * offsets.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(INDEX_MAGIC);
  bytes[INDEX_MAGIC.length] = FORMAT_VERSION;
  view.setBigUint64(8, BigInt(header.firstBlock), true);
  offsets.forEach((offset, index) => {
    view.setUint32(INDEX_HEADER_BYTES + 4 * index, offset, true);
  });
  view.setUint32(bytes.length - 4, tableChecksum(header, bytes), true);
  return bytes;
}

/** The offsets, or undefined where the bytes are not a table of this file: it is derived and can be made again. */
export function decodeOffsetTable(
  header: FileHeader,
  bytes: Uint8Array,
): readonly number[] | undefined {
  const count = (bytes.length - INDEX_HEADER_BYTES - 4) / 4;
  if (!Number.isInteger(count) || count < 1) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(bytes.length - 4, true) !== tableChecksum(header, bytes)) return undefined;
  if (!equalBytes(bytes.subarray(0, INDEX_MAGIC.length), INDEX_MAGIC)) return undefined;
  if (bytes[INDEX_MAGIC.length] !== FORMAT_VERSION) return undefined;
  if (Number(view.getBigUint64(8, true)) !== header.firstBlock) return undefined;
  return Array.from({ length: count }, (_, index) =>
    view.getUint32(INDEX_HEADER_BYTES + 4 * index, true),
  );
}

function tableChecksum(header: FileHeader, bytes: Uint8Array): number {
  return crc32c(
    bytes.subarray(0, bytes.length - 4),
    crc32c(encodeFileHeader(header), crc32c(EMPTY_BYTES)),
  );
}
