import { codeUnits, concatBytes } from "../kernel/bytes.ts";
import { CryptoError } from "./errors.ts";

/** Identifier octets of the ASN.1 types that certificates, revocation lists and signatures are made of. */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `encoded` is identifier, length and `content`; both are views into the bytes that were read. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly encoded: Uint8Array;
}

/**
 * Reads DER elements one after the other from the content of one, never copying. Every method throws
 * `CryptoError` ("malformed-der") on bytes that are not DER: indefinite or padded lengths, high tag numbers, truncation.
 * The caller knows the structure and descends by making a reader of an element's content, so depth is the schema's.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The next element's tag, or `undefined` at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The next element, whatever it is. */
  readAny(): DerElement {
    const start = this.#offset;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw malformed("a tag number above 30");
    const length = this.#length();
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw malformed("an element longer than what holds it");
    const content = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return { tag, content, encoded: this.#bytes.subarray(start, end) };
  }

  /** The next element, which must have this tag. */
  read(tag: number): DerElement {
    if (this.nextTag !== tag) {
      throw malformed(`tag ${String(this.nextTag)} where ${tag} is due`);
    }
    return this.readAny();
  }

  /** The next element if it has this tag. */
  readOptional(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.readAny() : undefined;
  }

  /** A reader of the content of the next element, which must have this tag. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).content);
  }

  /** Throws unless everything has been read. */
  expectEnd(): void {
    if (!this.isAtEnd) throw malformed("bytes after the last element");
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed("a truncated element");
    this.#offset += 1;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed("a length of unsupported form");
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#byte();
    const isMinimal = length >= 0x80 && length >= 256 ** (count - 1);
    if (!isMinimal) throw malformed("a padded length");
    return length;
  }
}

/** Content of an INTEGER that must be minimal; two's complement, as encoded. */
export function derInteger(element: DerElement): Uint8Array {
  const [first, second] = element.content;
  if (first === undefined) throw malformed("an empty integer");
  const isPadded =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (isPadded) throw malformed("a padded integer");
  return element.content;
}

/** Value of a BOOLEAN: DER knows only 0x00 and 0xff. */
export function derBoolean(element: DerElement): boolean {
  const [value] = element.content;
  if (element.content.length !== 1 || (value !== 0 && value !== 0xff)) {
    throw malformed("a boolean that is neither true nor false");
  }
  return value === 0xff;
}

/** Bytes of a BIT STRING without its count of unused bits, and that count; unused bits must be zero. */
export function derBitString(element: DerElement): {
  readonly bytes: Uint8Array;
  readonly unusedBitCount: number;
} {
  const [unusedBitCount] = element.content;
  const bytes = element.content.subarray(1);
  const last = bytes[bytes.length - 1];
  if (unusedBitCount === undefined || unusedBitCount > 7) throw malformed("a malformed bit string");
  const unusedMask = (1 << unusedBitCount) - 1;
  const isValid = last === undefined ? unusedBitCount === 0 : (last & unusedMask) === 0;
  if (!isValid) throw malformed("a bit string with unused bits set");
  return { bytes, unusedBitCount };
}

/** Dotted form of an OBJECT IDENTIFIER, such as `2.5.4.3`. Arcs beyond 2^31 are refused, as Go does. */
export function derOid(element: DerElement): string {
  const arcs: number[] = [];
  let arc = 0;
  let isInside = false;
  for (const byte of element.content) {
    if (!isInside && byte === 0x80) throw malformed("a padded object identifier");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0x7fff_ffff) throw malformed("an object identifier out of range");
    isInside = byte >= 0x80;
    if (isInside) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first, ...rest] = arcs;
  if (first === undefined || isInside) throw malformed("a truncated object identifier");
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join(".");
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime in DER's form: to the second, in UTC. */
export function derTimeMs(element: DerElement): number {
  const text = codeUnits(element.content.subarray(0, 16));
  const pattern =
    element.tag === DER_TAG.utcTime
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
  const fields = pattern.exec(text)?.slice(1).map(Number);
  if (fields === undefined) throw malformed("a time that is not in UTC to the second");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  // RFC 5280 §4.1.2.5.1: a UTCTime below 50 is of this century.
  const century = element.tag === DER_TAG.generalizedTime ? 0 : year < 50 ? 2000 : 1900;
  const timeMs = utcMs(century + year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000;
  const isOnClock = hour < 24 && minute < 60 && second < 60;
  if (!isOnClock || Number.isNaN(timeMs)) throw malformed("a time that does not exist");
  return timeMs;
}

// NaN for a day that is not in the calendar. `Date` is only arithmetic here: it reads no clock.
function utcMs(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : Number.NaN;
}

/** An element of this tag around the given content. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  return concatBytes(new Uint8Array([tag, ...encodedLength(content.length)]), content);
}

function encodedLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

function malformed(what: string): CryptoError {
  return new CryptoError("malformed-der", `malformed DER: ${what}`);
}
