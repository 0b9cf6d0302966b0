/**
 * CRC-32C (Castagnoli; RFC 3720 §B.4): finds torn and rotten records on disk. Not a defence against an adversary.
 */
const POLYNOMIAL_REFLECTED = 0x82f63b78;
const SLICES = 8;

/** `TABLES[256 * k + b]` is the remainder of byte `b` followed by `k` zero bytes. */
const TABLES = buildTables();

/**
 * The checksum of `bytes` from `start` to before `end`, in 0..2^32-1. Pass the checksum of what comes before as `previous`
 * to continue it: `crc32c(b, crc32c(a))` is the checksum of `a ‖ b`.
 */
export function crc32c(
  bytes: Uint8Array,
  previous = 0,
  start = 0,
  end: number = bytes.length,
): number {
  let remainder = ~previous;
  const aligned = end - ((end - start) % SLICES);
  let index = start;
  // Eight bytes a turn (Kounavis and Berry's slicing-by-8); the tables hide the dependency of one byte on the last.
  for (; index < aligned; index += SLICES) {
    const low =
      remainder ^
      (at(bytes, index) |
        (at(bytes, index + 1) << 8) |
        (at(bytes, index + 2) << 16) |
        (at(bytes, index + 3) << 24));
    remainder =
      table(7, low) ^
      table(6, low >>> 8) ^
      table(5, low >>> 16) ^
      table(4, low >>> 24) ^
      table(3, at(bytes, index + 4)) ^
      table(2, at(bytes, index + 5)) ^
      table(1, at(bytes, index + 6)) ^
      table(0, at(bytes, index + 7));
  }
  for (; index < end; index += 1) {
    remainder = table(0, remainder ^ at(bytes, index)) ^ (remainder >>> 8);
  }
  return ~remainder >>> 0;
}

/** As `crc32c` of the four bytes of `value`, the lowest first, without an array of them. */
export function crc32cOfUint32(value: number, previous = 0): number {
  const low = ~previous ^ value;
  const remainder =
    table(3, low) ^ table(2, low >>> 8) ^ table(1, low >>> 16) ^ table(0, low >>> 24);
  return ~remainder >>> 0;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function table(slice: number, value: number): number {
  return TABLES[(slice << 8) | (value & 0xff)] as number;
}

function buildTables(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL_REFLECTED : remainder >>> 1;
    }
    tables[byte] = remainder;
  }
  for (let index = 256; index < tables.length; index += 1) {
    const shorter = tables[index - 256] as number;
    tables[index] = (tables[shorter & 0xff] as number) ^ (shorter >>> 8);
  }
  return tables;
}
