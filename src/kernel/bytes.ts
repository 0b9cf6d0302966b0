/** Byte strings: the operations that every module needs and `Uint8Array` lacks. */

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder();

/** `a ‖ b ‖ …` in a fresh array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** True when both hold the same bytes. Not constant time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}

/** Lexicographic order of unsigned bytes, a prefix first: Go's string order, which JavaScript's is not. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  const isShort = text.length <= SHORT_TEXT_MAX;
  return (isShort ? asciiBytes(text) : undefined) ?? encoder.encode(text);
}

/** Up to here a loop is quicker than the encoder. */
const SHORT_TEXT_MAX = 64;

function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return undefined;
    bytes[index] = unit;
  }
  return bytes;
}

/** Text of UTF-8 bytes. Throws `TypeError` on malformed input. */
export function utf8Decode(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

/** As `utf8Decode`, with a replacement character for what is no text. For what is compared with text, and shown. */
export function utf8DecodeLeniently(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}

/** More arguments of one call might not fit the stack. */
const CODE_UNITS_PER_CALL = 4_096;

/**
 * A text with one code unit for each byte: the order of such texts is that of the bytes, and they are keys of a map. `TextDecoder`'s
 * "latin1" is windows-1252 and would change some of them.
 */
export function codeUnits(bytes: Uint8Array): string {
  if (bytes.length <= CODE_UNITS_PER_CALL) return codeUnitsOfShort(bytes);
  let text = "";
  for (let start = 0; start < bytes.length; start += CODE_UNITS_PER_CALL) {
    text += codeUnitsOfShort(bytes.subarray(start, start + CODE_UNITS_PER_CALL));
  }
  return text;
}

// To spread the bytes costs eight times as much.
function codeUnitsOfShort(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

/** Order of two strings by their UTF-8 bytes, as Go sorts them. */
export function compareUtf8(a: string, b: string): number {
  // Code units agree with UTF-8 order except where a surrogate meets a unit above it.
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above U+FFFF and must sort after U+E000..U+FFFF.
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte] ?? "";
  return text;
}

/** Bytes of hexadecimal text of even length, or `undefined` when it is not that. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = hexDigit(text.charCodeAt(index * 2));
    const low = hexDigit(text.charCodeAt(index * 2 + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

/** Of a code unit; -1 where it is none. */
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  // Capitals and small letters differ in one bit.
  const small = unit | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x61 + 10 : -1;
}
