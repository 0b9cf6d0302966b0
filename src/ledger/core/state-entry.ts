import { assert } from "../../kernel/assert.ts";
import { concatBytes } from "../../kernel/bytes.ts";
import {
  KVMetadataWrite,
  decode,
  decodeOrderedVarint,
  decodeUvarint,
  encode,
  encodeUvarint,
} from "../../wire/index.ts";
import { type StateVersion, encodeVersion } from "./version.ts";

/** What the state holds for a key. */
export interface StateEntry {
  readonly version: StateVersion;
  readonly value: Uint8Array;
  /** Marshalled `KVMetadataWrite` with entries only; empty without metadata. */
  readonly metadata: Uint8Array;
}

/** A key's named metadata, such as its endorsement policy under VALIDATION_PARAMETER. */
export type StateMetadata = ReadonlyMap<string, Uint8Array>;

const FORMAT_VERSION = 1;

/** Format version (1) | block, transaction (order-preserving) | metadata length (uvarint) | metadata | value. */
export function encodeStateEntry(entry: StateEntry): Uint8Array {
  return concatBytes(
    Uint8Array.of(FORMAT_VERSION),
    encodeVersion(entry.version),
    encodeUvarint(entry.metadata.length),
    entry.metadata,
    entry.value,
  );
}

/** Bytes are views into `bytes`. The store is the program's own: anything else in it is a bug or another program's. */
export function decodeStateEntry(bytes: Uint8Array): StateEntry {
  assert(bytes[0] === FORMAT_VERSION, "state values are of the one format that exists");
  const block = decodeOrderedVarint(bytes, 1);
  assert(block, "a state value begins with its block");
  const tx = decodeOrderedVarint(bytes, 1 + block.length);
  assert(tx, "a state value's block is followed by its transaction");
  const metadataLength = decodeUvarint(bytes, 1 + block.length + tx.length);
  assert(metadataLength, "a state value says how long its metadata is");
  const metadataStart = 1 + block.length + tx.length + metadataLength.length;
  const valueStart = metadataStart + metadataLength.value;
  return {
    version: { blockNumber: block.value, txNumber: tx.value },
    metadata: bytes.subarray(metadataStart, valueStart),
    value: bytes.subarray(valueStart),
  };
}

/** The entries of a key's stored metadata. */
export function readMetadata(metadata: Uint8Array): StateMetadata {
  const { entries } = decode(KVMetadataWrite, metadata);
  return new Map(entries.map(({ name, value }) => [name, value]));
}

/** Fabric: metadata is stored as the message that writes it, without the key. */
export function marshalMetadata(entries: KVMetadataWrite["entries"]): Uint8Array {
  return encode(KVMetadataWrite, { key: "", entries });
}
