import { assert } from "../kernel/assert.ts";
import { concatBytes } from "../kernel/bytes.ts";

// Protobuf's wire type.
const LENGTH_DELIMITED = 2;
const UVARINT_BYTES_MAX = 10;
const ORDERED_BYTES_MAX = 8;

/** A number read from the front of a byte string, and how many bytes it took. */
export interface ReadNumber {
  readonly value: number;
  readonly length: number;
}

/** Base-128 form of `value` (an integer in 0..2^53-1), least significant group first, as Go's `binary.PutUvarint`. */
export function encodeUvarint(value: number): Uint8Array {
  assertUnsigned(value);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** What stands before the `length` bytes of a protobuf field that is a message, text or bytes. */
export function lengthDelimited(field: number, length: number): Uint8Array {
  return concatBytes(encodeUvarint(field * 8 + LENGTH_DELIMITED), encodeUvarint(length));
}

/**
 * The uvarint at `offset`, or `undefined` where the bytes end before it does, it takes more than ten bytes, or
 * it exceeds 2^53-1.
 */
export function decodeUvarint(bytes: Uint8Array, offset = 0): ReadNumber | undefined {
  let value = 0;
  let scale = 1;
  for (let length = 1; length <= UVARINT_BYTES_MAX; length += 1) {
    const byte = bytes[offset + length - 1];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, length } : undefined;
    scale *= 0x80;
  }
  return undefined;
}

/**
 * Fabric's order-preserving form of `value` (an integer in 0..2^53-1): the count of significant bytes in one byte,
 * then those bytes, most significant first. Byte order of the results is numeric order of the values.
 */
export function encodeOrderedVarint(value: number): Uint8Array {
  assertUnsigned(value);
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 0x100)) count += 1;
  const bytes = new Uint8Array(1 + count);
  bytes[0] = count;
  for (let rest = value, index = count; index > 0; index -= 1) {
    bytes[index] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return bytes;
}

/**
 * The order-preserving number at `offset`, or `undefined` where it is cut short, announces more than eight bytes,
 * has a leading zero byte (a second form of a number), or exceeds 2^53-1.
 */
export function decodeOrderedVarint(bytes: Uint8Array, offset = 0): ReadNumber | undefined {
  const count = bytes[offset];
  if (count === undefined || count > ORDERED_BYTES_MAX) return undefined;
  if (count > 0 && bytes[offset + 1] === 0) return undefined;
  let value = 0;
  for (let index = 1; index <= count; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) return undefined;
    value = value * 0x100 + byte;
  }
  return Number.isSafeInteger(value) ? { value, length: count + 1 } : undefined;
}

function assertUnsigned(value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, "a varint holds an unsigned safe integer");
}
