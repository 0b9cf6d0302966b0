import { concatBytes } from "../../kernel/bytes.ts";
import { type KVVersion, encodeOrderedVarint } from "../../wire/index.ts";

/** The transaction that wrote a value: block and index in it. Absent where there is no value. */
export interface StateVersion {
  readonly blockNumber: number;
  readonly txNumber: number;
}

/** Absent equals absent only. */
export function isSameVersion(a: StateVersion | undefined, b: StateVersion | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.blockNumber === b.blockNumber && a.txNumber === b.txNumber;
}

/** Fabric: both numbers in order-preserving form, so that byte order is the order of writing. */
export function encodeVersion(version: StateVersion): Uint8Array {
  return concatBytes(
    encodeOrderedVarint(version.blockNumber),
    encodeOrderedVarint(version.txNumber),
  );
}

export function versionFromWire(version: KVVersion | undefined): StateVersion | undefined {
  return version && { blockNumber: version.blockNum, txNumber: version.txNum };
}

export function versionToWire(version: StateVersion | undefined): KVVersion | undefined {
  return version && { blockNum: version.blockNumber, txNum: version.txNumber };
}
