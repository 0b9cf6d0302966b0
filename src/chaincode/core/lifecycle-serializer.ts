/**
 * How `_lifecycle` keeps a structure: one key for its type and the names of its fields, one key per field.
 * Part of the wire: all endorsers must read and write the same keys, and approvals are compared by hash.
 */
import { sha256 } from "../../crypto/index.ts";
import { EMPTY_BYTES, equalBytes } from "../../kernel/bytes.ts";
import { decode, encode, LifecycleStateData, LifecycleStateMetadata } from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import {
  fieldKey,
  metadataKey,
  type KeyHashes,
  type KeyReader,
  type KeyWriter,
} from "./lifecycle-keys.ts";

export type FieldValue = NonNullable<LifecycleStateData["type"]>;

export interface StructureField {
  readonly name: string;
  readonly value: FieldValue;
}

/** A structure as it is kept. The order of the fields counts: it is hashed. */
export interface Structure {
  readonly datatype: string;
  readonly fields: readonly StructureField[];
}

/** Whether an organisation keeps a structure; `mismatches` names what differs. */
export interface StructureMatch {
  readonly isKept: boolean;
  readonly mismatches: readonly string[];
}

/** The structure's type and field names, or undefined when there is none. Throws `ChaincodeError` ("invalid-state"). */
export function readMetadata(
  state: KeyReader,
  prefix: string,
  name: string,
): LifecycleStateMetadata | undefined {
  const bytes = state.get(metadataKey(prefix, name));
  return bytes === undefined ? undefined : decode(LifecycleStateMetadata, bytes);
}

/** Writes the fields that differ, deletes those that are gone, and the metadata if it changed. */
export function writeStructure(
  state: KeyWriter,
  prefix: string,
  name: string,
  structure: Structure,
): void {
  const metadata = readMetadata(state, prefix, name) ?? { datatype: "", fields: [] };
  const existing = new Map<string, Uint8Array | undefined>();
  for (const field of metadata.fields) {
    const key = fieldKey(prefix, name, field);
    existing.set(key, state.get(key));
  }
  for (const field of structure.fields) {
    const key = fieldKey(prefix, name, field.name);
    const bytes = encodeField(field);
    if (!isSame(existing.get(key), bytes)) state.put(key, bytes);
    existing.delete(key);
  }
  const isChanged =
    existing.size > 0 ||
    metadata.datatype !== structure.datatype ||
    metadata.fields.length !== structure.fields.length;
  if (isChanged) state.put(metadataKey(prefix, name), encodeMetadata(structure));
  for (const key of existing.keys()) state.delete(key);
}

/** Compares by hash. All keys are looked up before any is compared: each look-up is a recorded read. */
export function matchStructure(
  hashes: KeyHashes,
  prefix: string,
  name: string,
  structure: Structure,
): StructureMatch {
  const metadataHash = hashes.hash(metadataKey(prefix, name));
  const fieldHashes = structure.fields.map((field) =>
    hashes.hash(fieldKey(prefix, name, field.name)),
  );
  if (!isSame(metadataHash, sha256(encodeMetadata(structure)))) {
    return { isKept: false, mismatches: [structure.datatype] };
  }
  const mismatches = structure.fields
    .filter((field, index) => !isSame(fieldHashes[index], sha256(encodeField(field))))
    .map((field) => field.name);
  return { isKept: mismatches.length === 0, mismatches };
}

/** As `matchStructure`, for the metadata alone. */
export function isMetadataKept(
  hashes: KeyHashes,
  prefix: string,
  name: string,
  structure: Structure,
): boolean {
  return isSame(hashes.hash(metadataKey(prefix, name)), sha256(encodeMetadata(structure)));
}

/** 0 when the field is absent. */
export function readIntegerField(
  state: KeyReader,
  prefix: string,
  name: string,
  field: string,
): number {
  const value = readField(state, prefix, name, field);
  if (value === undefined) return 0;
  if (value.$case === "int64") return value.value;
  throw unexpectedType(fieldKey(prefix, name, field), "Int64", value);
}

/** Empty when the field is absent. */
export function readBytesField(
  state: KeyReader,
  prefix: string,
  name: string,
  field: string,
): Uint8Array {
  const value = readField(state, prefix, name, field);
  if (value === undefined) return EMPTY_BYTES;
  if (value.$case === "bytes") return value.value;
  throw unexpectedType(fieldKey(prefix, name, field), "[]byte", value);
}

/** Empty when the field is absent. */
export function readTextField(
  state: KeyReader,
  prefix: string,
  name: string,
  field: string,
): string {
  const value = readField(state, prefix, name, field);
  if (value === undefined) return "";
  if (value.$case === "string") return value.value;
  throw unexpectedType(fieldKey(prefix, name, field), "String", value);
}

export function encodeField(field: StructureField): Uint8Array {
  return encode(LifecycleStateData, { type: field.value });
}

function readField(
  state: KeyReader,
  prefix: string,
  name: string,
  field: string,
): FieldValue | undefined {
  const bytes = state.get(fieldKey(prefix, name, field));
  return bytes === undefined ? undefined : decode(LifecycleStateData, bytes).type;
}

function encodeMetadata({ datatype, fields }: Structure): Uint8Array {
  return encode(LifecycleStateMetadata, { datatype, fields: fields.map(({ name }) => name) });
}

function isSame(existing: Uint8Array | undefined, bytes: Uint8Array): boolean {
  return existing !== undefined && equalBytes(existing, bytes);
}

function unexpectedType(key: string, expected: string, value: FieldValue): ChaincodeError {
  return new ChaincodeError(
    "invalid-state",
    `expected key ${key} to encode a value of type ${expected}, but was ${value.$case}`,
  );
}
