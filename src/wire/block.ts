import { sha256 } from "../crypto/index.ts";
import { assert } from "../kernel/assert.ts";
import { EMPTY_BYTES } from "../kernel/bytes.ts";
import type { BlockMetadata } from "./gen/common/common.ts";

/** Positions in `BlockMetadata.metadata`. */
export const BLOCK_METADATA = {
  signatures: 0,
  lastConfig: 1,
  transactionsFilter: 2,
  orderer: 3,
  commitHash: 4,
} as const;

const METADATA_ENTRIES = 5;
const UINT64_MAX = 2n ** 64n - 1n;
const DER_INTEGER = 0x02;
const DER_OCTET_STRING = 0x04;
const DER_SEQUENCE = 0x30;

/** What of a block header its hash covers; `number` is 0..2^64-1. */
export interface HashedHeader {
  readonly number: number | bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

/** The header as orderers sign and hash it: DER SEQUENCE{INTEGER, OCTET STRING, OCTET STRING}. */
export function blockHeaderDer(header: HashedHeader): Uint8Array {
  const number = unsignedInteger(header.number);
  const parts: readonly DerPart[] = [
    { tag: DER_INTEGER, bytes: number },
    { tag: DER_OCTET_STRING, bytes: header.previousHash },
    { tag: DER_OCTET_STRING, bytes: header.dataHash },
  ];
  let length = 0;
  for (const { bytes } of parts) length += derStartBytes(bytes.length) + bytes.length;
  const der = new Uint8Array(derStartBytes(length) + length);
  let offset = writeDerStart(der, 0, DER_SEQUENCE, length);
  for (const { tag, bytes } of parts) {
    offset = writeDerStart(der, offset, tag, bytes.length);
    der.set(bytes, offset);
    offset += bytes.length;
  }
  return der;
}

/** SHA-256 of the header's DER form: the next block's `previousHash`. 32 bytes. */
export function blockHeaderHash(header: HashedHeader): Uint8Array {
  return sha256(blockHeaderDer(header));
}

/** SHA-256 of the envelopes of a block, concatenated: its header's `dataHash`. 32 bytes. */
export function blockDataHash(data: readonly Uint8Array[]): Uint8Array {
  return sha256(...data);
}

/** The metadata of a block before anyone has added to it: five empty entries, which Fabric expects to be present. */
export function emptyBlockMetadata(): BlockMetadata {
  return { metadata: Array.from({ length: METADATA_ENTRIES }, () => EMPTY_BYTES) };
}

// Minimal two's complement: a leading zero byte where the top bit would read as a sign.
function unsignedInteger(value: number | bigint): Uint8Array {
  if (typeof value === "number" && value >= 0 && value < 0x80) return Uint8Array.of(value);
  // Without a bigint, which is most of the header's cost.
  if (Number.isInteger(value) && value >= 0x80 && value < 0x8000) {
    const short = Number(value);
    return short < 0x100 ? Uint8Array.of(0, short) : Uint8Array.of(short >> 8, short & 0xff);
  }
  let rest = BigInt(value);
  assert(rest >= 0n && rest <= UINT64_MAX, "a block number is an unsigned 64-bit integer");
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest > 0n);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return Uint8Array.from(bytes);
}

interface DerPart {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a tag and a length. */
function derStartBytes(length: number): number {
  let count = 2;
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) count += 1;
  return count;
}

// X.690 §8.1.3: one byte up to 127, else a count of length bytes and those bytes, most significant first.
function writeDerStart(into: Uint8Array, offset: number, tag: number, length: number): number {
  const end = offset + derStartBytes(length);
  into[offset] = tag;
  into[offset + 1] = length < 0x80 ? length : 0x80 | (end - offset - 2);
  if (length < 0x80) return end;
  let rest = length;
  for (let index = end - 1; index > offset + 1; index -= 1) {
    into[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return end;
}
