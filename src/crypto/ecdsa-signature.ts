import { equalBytes, fromHex, toHex } from "../kernel/bytes.ts";
import type { Curve } from "./curve.ts";
import { DER_TAG, DerReader, derInteger, encodeDer, type DerElement } from "./der.ts";
import { CryptoError } from "./errors.ts";
import { SIGNATURE_INTEGER_BYTES_MAX } from "./limits.ts";

/** Both positive; nothing is said about the curve's order. */
export interface EcdsaSignature {
  readonly r: bigint;
  readonly s: bigint;
}

/**
 * The numbers of SEQUENCE { r INTEGER, s INTEGER }, or `undefined` for anything else.
 * Bytes after s and after the sequence are ignored: Fabric's verifier does so, and a verdict must not differ from its.
 */
export function decodeEcdsaSignature(der: Uint8Array): EcdsaSignature | undefined {
  try {
    const numbers = new DerReader(der).enter(DER_TAG.sequence);
    const r = positive(numbers.read(DER_TAG.integer));
    const s = positive(numbers.read(DER_TAG.integer));
    return r !== undefined && s !== undefined ? { r, s } : undefined;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function positive(element: DerElement): bigint | undefined {
  const content = derInteger(element);
  const isNegative = (content[0] ?? 0) >= 0x80;
  // A sign octet may come on top of the number's own.
  if (isNegative || content.length > SIGNATURE_INTEGER_BYTES_MAX + 1) return undefined;
  const value = BigInt(`0x${toHex(content)}`);
  return value === 0n ? undefined : value;
}

/** The one DER form of a signature. */
export function encodeEcdsaSignature(signature: EcdsaSignature): Uint8Array {
  return encodeDer(DER_TAG.sequence, encodeInteger(signature.r), encodeInteger(signature.s));
}

function encodeInteger(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  // A leading bit would make it negative.
  const signed = /^[89a-f]/.test(even) ? `00${even}` : even;
  return encodeDer(DER_TAG.integer, fromHex(signed) ?? new Uint8Array(0));
}

/** Whether these bytes are a signature in low-S form: of (r, s) and (r, n−s), both valid, the one with s ≤ n/2. */
export function isLowS(signatureDer: Uint8Array, curve: Curve): boolean {
  const signature = decodeEcdsaSignature(signatureDer);
  return signature !== undefined && signature.s <= curve.halfOrder;
}

/**
 * The signature with s replaced by n−s where s is in the upper half, in canonical DER. The same bytes when there is
 * nothing to change. Throws `CryptoError` ("malformed-signature").
 */
export function toLowS(signatureDer: Uint8Array, curve: Curve): Uint8Array {
  const signature = decodeEcdsaSignature(signatureDer);
  if (signature === undefined || signature.s >= curve.order) {
    throw new CryptoError("malformed-signature", `not an ECDSA signature on ${curve.name}`);
  }
  const isLow = signature.s <= curve.halfOrder;
  const low = isLow ? signature : { r: signature.r, s: curve.order - signature.s };
  const encoded = encodeEcdsaSignature(low);
  return equalBytes(encoded, signatureDer) ? signatureDer : encoded;
}
