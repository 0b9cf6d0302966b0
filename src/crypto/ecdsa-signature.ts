import { compareBytes, fromHex, toHex } from "../kernel/bytes.ts";
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
  const elements = readElements(der);
  return elements && { r: valueOf(elements.r), s: valueOf(elements.s) };
}

/**
 * The one DER form of the signature in `der`, or `undefined` where its s is in the upper half or it is no signature.
 * Looks at bytes only: this is asked of every signature that is verified.
 */
export function canonicalLowS(der: Uint8Array, curve: Curve): Uint8Array | undefined {
  const elements = readElements(der);
  if (elements === undefined || isHigh(elements.s, curve)) return undefined;
  const { r, s } = elements;
  // The reader accepts minimal lengths and integers only, so without trailing bytes the form is that one already.
  const length = r.encoded.length + s.encoded.length;
  const headerLength = length < 0x80 ? 2 : 3;
  return der.length === headerLength + length
    ? der
    : encodeDer(DER_TAG.sequence, r.encoded, s.encoded);
}

interface SignatureElements {
  readonly r: DerElement;
  readonly s: DerElement;
}

function readElements(der: Uint8Array): SignatureElements | undefined {
  try {
    const numbers = new DerReader(der).enter(DER_TAG.sequence);
    const r = numbers.read(DER_TAG.integer);
    const s = numbers.read(DER_TAG.integer);
    return isPositive(r) && isPositive(s) ? { r, s } : undefined;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function isPositive(element: DerElement): boolean {
  const content = derInteger(element);
  const [first = 0] = content;
  const isZero = first === 0 && content.length === 1;
  // A sign octet may come on top of the number's own.
  return first < 0x80 && !isZero && content.length <= SIGNATURE_INTEGER_BYTES_MAX + 1;
}

function isHigh({ content }: DerElement, { halfOrderBytes }: Curve): boolean {
  const digits = content[0] === 0 ? content.subarray(1) : content;
  if (digits.length !== halfOrderBytes.length) return digits.length > halfOrderBytes.length;
  return compareBytes(digits, halfOrderBytes) > 0;
}

function valueOf({ content }: DerElement): bigint {
  return BigInt(`0x${toHex(content)}`);
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
  return canonicalLowS(signatureDer, curve) !== undefined;
}

/**
 * The signature with s replaced by n−s where s is in the upper half, in canonical DER. The same bytes when there is
 * nothing to change. Throws `CryptoError` ("malformed-signature").
 */
export function toLowS(signatureDer: Uint8Array, curve: Curve): Uint8Array {
  const low = canonicalLowS(signatureDer, curve);
  if (low !== undefined) return low;
  const signature = decodeEcdsaSignature(signatureDer);
  if (signature === undefined || signature.s >= curve.order) {
    throw new CryptoError("malformed-signature", `not an ECDSA signature on ${curve.name}`);
  }
  return encodeEcdsaSignature({ r: signature.r, s: curve.order - signature.s });
}
