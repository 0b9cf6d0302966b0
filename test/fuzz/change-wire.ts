/** Changes of a protobuf message, at any depth: what holds the changed field keeps the right length, unless the length is what is wrong. */
import { concatBytes, utf8 } from "../../src/kernel/bytes.ts";
import type { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { encodeUvarint } from "../../src/wire/varint.ts";
import { changeBytes } from "./change-bytes.ts";
import {
  FIXED32,
  FIXED64,
  GROUP_END,
  GROUP_START,
  LENGTH_DELIMITED,
  VARINT,
  fieldsOf,
  lengthDelimitedField,
  tagOf,
  withField,
  type Field,
} from "./wire-tree.ts";

/** A field of a message: its whole bytes, its content, and another valid message. */
interface Place {
  readonly field: Field;
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
  readonly other: Uint8Array;
}

/** What stands in a field's place afterwards. */
type Change = (place: Place, random: SeededRandom) => Uint8Array;

const NOTHING = new Uint8Array(0);
// The large ones cost most of the time, and are the same every time: they are rare.
const DEPTHS = [2, 2, 3, 3, 99, 100, 101, 101, 10_000];
const COUNTS = [2, 2, 2, 3, 3, 3, 1_000, 1_000, 20_000];
const REPEATED_BYTES_MAX = 200_000;
const LENGTHS = [1, 0x7f, 0xffff, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];

/** Numbers at the edges of what types hold, and one of eleven bytes, which is none. */
const NUMBERS: readonly Uint8Array[] = [
  ...[0, 1, 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].map(encodeUvarint),
  // 2^53, 2^63 - 1, 2^63, -1
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
  new Uint8Array(11).fill(0xff),
];

/** Texts that are taken for something else somewhere, and bytes that are no text. */
const BODIES: readonly Uint8Array[] = [
  NOTHING,
  ...["__proto__", "constructor", "toString", "../../x", "a/b", "\0", "\u{10ffff}", "%00"].map(
    utf8,
  ),
  Uint8Array.of(0xff, 0xfe),
  // A surrogate, an overlong slash, the first code point too many.
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xc0, 0xaf),
  Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
  new Uint8Array(70_000).fill(0x61),
];

const CHANGES: readonly Change[] = [
  () => NOTHING,
  ({ whole }) => concatBytes(whole, whole),
  changeBody,
  changeBody,
  replaceBody,
  foreignField,
  wrongLength,
  otherType,
  unknownField,
  otherNumber,
  nested,
  repeated,
];

/** One change. `other`: another valid message. */
export function changeWire(bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  const field = fields[random.below(Math.max(1, fields.length))];
  if (field === undefined || random.below(8) === 0) return changeBytes(bytes, random, other);
  const change = CHANGES[random.below(CHANGES.length)] ?? changeBody;
  const whole = bytes.subarray(field.start, field.end);
  const body = bytes.subarray(field.bodyStart, field.end);
  return withField(bytes, field, change({ field, whole, body, other }, random));
}

function pick<T>(values: readonly [T, ...T[]] | readonly T[], random: SeededRandom): T {
  return values[random.below(values.length)] as T;
}

function changeBody({ field, body, other }: Place, random: SeededRandom): Uint8Array {
  const { number, wireType } = field;
  if (wireType === LENGTH_DELIMITED) {
    return lengthDelimitedField(number, changeBytes(body, random, other));
  }
  if (wireType === VARINT) return concatBytes(tagOf(number, VARINT), pick(NUMBERS, random));
  return concatBytes(tagOf(number, wireType), random.bytes(body.length));
}

function replaceBody({ field: { number } }: Place, random: SeededRandom): Uint8Array {
  return lengthDelimitedField(number, pick(BODIES, random));
}

/** A field of another message, under this one's number. */
function foreignField({ field: { number }, other }: Place, random: SeededRandom): Uint8Array {
  const fields = fieldsOf(other);
  if (fields.length === 0) return lengthDelimitedField(number, other);
  const { bodyStart, end } = pick(fields, random);
  return lengthDelimitedField(number, other.subarray(bodyStart, end));
}

function wrongLength({ field: { number }, body }: Place, random: SeededRandom): Uint8Array {
  const claimed = encodeUvarint(pick(LENGTHS, random));
  return concatBytes(tagOf(number, LENGTH_DELIMITED), claimed, body);
}

function otherType({ field: { number }, body }: Place, random: SeededRandom): Uint8Array {
  const types = [VARINT, FIXED64, LENGTH_DELIMITED, GROUP_START, GROUP_END, FIXED32, 6, 7];
  return concatBytes(tagOf(number, pick(types, random)), body);
}

function unknownField({ whole }: Place, random: SeededRandom): Uint8Array {
  const number = pick([15, 999, 2 ** 29 - 1], random);
  return concatBytes(lengthDelimitedField(number, random.bytes(5)), whole);
}

function otherNumber(
  { field: { wireType }, whole, field }: Place,
  random: SeededRandom,
): Uint8Array {
  const content = whole.subarray(tagOf(field.number, wireType).length);
  return concatBytes(tagOf(1 + random.below(20), wireType), content);
}

/** The field in itself, again and again. */
function nested({ field: { number }, body }: Place, random: SeededRandom): Uint8Array {
  const prefixes: Uint8Array[] = [];
  let length = body.length;
  for (let depth = pick(DEPTHS, random); depth > 0; depth -= 1) {
    const prefix = concatBytes(tagOf(number, LENGTH_DELIMITED), encodeUvarint(length));
    prefixes.push(prefix);
    length += prefix.length;
  }
  return concatBytes(...prefixes.reverse(), body);
}

function repeated({ whole }: Place, random: SeededRandom): Uint8Array {
  const count = Math.min(pick(COUNTS, random), Math.ceil(REPEATED_BYTES_MAX / whole.length));
  const bytes = new Uint8Array(count * whole.length);
  for (let at = 0; at < bytes.length; at += whole.length) bytes.set(whole, at);
  return bytes;
}
