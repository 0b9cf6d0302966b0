/** The fields of a protobuf message, and of the messages in it, as far as bytes look like messages. */
import { concatBytes } from "../../src/kernel/bytes.ts";
import { decodeUvarint, encodeUvarint } from "../../src/wire/varint.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const GROUP_START = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** Messages within messages that are looked into. */
const DEPTH_MAX = 12;
const FIELDS_MAX = 2_000;

export interface Field {
  /** The field whose content it is part of. */
  readonly parent: Field | undefined;
  readonly number: number;
  readonly wireType: number;
  /** Of the whole message: where its tag begins, its content begins, and it ends. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** All fields of `bytes`, outer ones before those in them; none where it is no message. */
export function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  readInto(fields, bytes, { parent: undefined, start: 0, end: bytes.length, depth: 0 });
  return fields;
}

interface Part {
  readonly parent: Field | undefined;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

function readInto(fields: Field[], bytes: Uint8Array, part: Part): void {
  const own = readFields(bytes, part);
  if (own === undefined || fields.length + own.length > FIELDS_MAX) return;
  for (const field of own) {
    fields.push(field);
    if (field.wireType !== LENGTH_DELIMITED || part.depth === DEPTH_MAX) continue;
    const { bodyStart: start, end } = field;
    readInto(fields, bytes, { parent: field, start, end, depth: part.depth + 1 });
  }
}

// Undefined unless the whole part is fields.
function readFields(bytes: Uint8Array, { parent, start, end }: Part): Field[] | undefined {
  const fields: Field[] = [];
  let offset = start;
  while (offset < end) {
    const field = readField(bytes, offset, end, parent);
    if (field === undefined) return undefined;
    fields.push(field);
    offset = field.end;
  }
  return fields;
}

function readField(
  bytes: Uint8Array,
  start: number,
  partEnd: number,
  parent: Field | undefined,
): Field | undefined {
  const tag = decodeUvarint(bytes, start);
  if (tag === undefined || tag.value < 8) return undefined;
  const wireType = tag.value % 8;
  const content = readContent(bytes, start + tag.length, wireType);
  if (content === undefined || content.end > partEnd) return undefined;
  return { parent, number: Math.floor(tag.value / 8), wireType, start, ...content };
}

function readContent(
  bytes: Uint8Array,
  offset: number,
  wireType: number,
): Pick<Field, "bodyStart" | "end"> | undefined {
  switch (wireType) {
    case FIXED32:
      return { bodyStart: offset, end: offset + 4 };
    case FIXED64:
      return { bodyStart: offset, end: offset + 8 };
    case VARINT: {
      const value = decodeUvarint(bytes, offset);
      return value && { bodyStart: offset, end: offset + value.length };
    }
    case LENGTH_DELIMITED: {
      const length = decodeUvarint(bytes, offset);
      const bodyStart = offset + (length?.length ?? 0);
      return length && { bodyStart, end: bodyStart + length.value };
    }
    default:
      return undefined;
  }
}

/** What stands before a field's content, but for its length. */
export function tagOf(number: number, wireType: number): Uint8Array {
  return encodeUvarint(number * 8 + wireType);
}

export function lengthDelimitedField(number: number, body: Uint8Array): Uint8Array {
  return concatBytes(tagOf(number, LENGTH_DELIMITED), encodeUvarint(body.length), body);
}

/** `bytes` with `replacement`, of any number of fields, in place of `field`: whatever holds it has the right length again. */
export function withField(bytes: Uint8Array, field: Field, replacement: Uint8Array): Uint8Array {
  let part = replacement;
  let { start, end } = field;
  for (let { parent } = field; parent !== undefined; { parent } = parent) {
    const body = concatBytes(
      bytes.subarray(parent.bodyStart, start),
      part,
      bytes.subarray(end, parent.end),
    );
    part = lengthDelimitedField(parent.number, body);
    ({ start, end } = parent);
  }
  return concatBytes(bytes.subarray(0, start), part, bytes.subarray(end));
}
