import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { errorMessage } from "../kernel/error.ts";
import { WireError } from "./errors.ts";
import type { DeepPartial } from "./gen/google/protobuf/timestamp.ts";
import { REQUEST_FIELDS_MAX } from "./limits.ts";
import { WireReader } from "./wire-reader.ts";

/** What the generated codec object of a message offers; `$type` is its full protobuf name. */
export interface MessageType<T> {
  readonly $type: string;
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: WireReader | Uint8Array, length?: number): T;
  fromPartial(object: DeepPartial<T>): T;
}

/** A message with any field left out, at any depth: what is left out is zero. */
export type Partially<T> = DeepPartial<T>;

/**
 * The message in `bytes`, all of which must belong to it. Its byte fields are views into `bytes`.
 * As in Go: unknown fields are dropped, text must be UTF-8, a field that comes twice keeps its last value, and a
 * message that comes twice is merged.
 * Narrower than Go: at most 100 levels of nesting, no integer beyond 2^53 in a field typed `number`, and at most
 * `fieldsMax` fields (default: any number).
 * Throws `WireError` ("malformed").
 */
export function decode<T>(type: MessageType<T>, bytes: Uint8Array, fieldsMax?: number): T {
  try {
    return type.decode(new WireReader(plainView(bytes), fieldsMax));
  } catch (error) {
    throw new WireError("malformed", `not a valid ${type.$type}: ${errorMessage(error)}`, {
      data: { type: type.$type, length: bytes.length },
      cause: error,
    });
  }
}

/** As `decode`, with `undefined` for malformed bytes. */
export function tryDecode<T>(
  type: MessageType<T>,
  bytes: Uint8Array,
  fieldsMax?: number,
): T | undefined {
  try {
    return type.decode(new WireReader(plainView(bytes), fieldsMax));
  } catch {
    return undefined;
  }
}

/** As `decode`, for what a client sent and nobody has ordered: with at most `REQUEST_FIELDS_MAX` fields. */
export function decodeRequest<T>(type: MessageType<T>, bytes: Uint8Array): T {
  return decode(type, bytes, REQUEST_FIELDS_MAX);
}

/** As `decodeRequest`, with `undefined` for malformed bytes. */
export function tryDecodeRequest<T>(type: MessageType<T>, bytes: Uint8Array): T | undefined {
  return tryDecode(type, bytes, REQUEST_FIELDS_MAX);
}

/** The bytes of `message`: fields in order of number, zero values left out, maps in order of insertion. */
export function encode<T>(type: MessageType<T>, message: T): Uint8Array {
  const writer = spareWriter ?? new BinaryWriter();
  // Whoever throws while it writes leaves half a message in it.
  spareWriter = undefined;
  const bytes = type.encode(message, writer).finish();
  if (bytes.length <= SPARE_BYTES_MAX) spareWriter = writer;
  return bytes;
}

/** A writer keeps room for the longest message that it has written: for a full block of Fabric's usual 2 MiB, doubled. */
const SPARE_BYTES_MAX = 4_194_304;
// A fresh buffer for each message costs more than most messages, and one that grows to a large one costs its collection.
let spareWriter: BinaryWriter | undefined;

/** A message of the given fields, with zero for the rest. Nested messages and byte strings are not copied. */
export function create<T>(type: MessageType<T>, fields: Partially<T>): T {
  return type.fromPartial(fields);
}

// A Node Buffer's subarray is a Buffer again, and those compare, slice and print unlike a Uint8Array.
function plainView(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
