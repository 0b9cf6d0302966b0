import { assert } from "../kernel/assert.ts";
import { fromHex } from "../kernel/bytes.ts";

export type CurveName = "P-224" | "P-256" | "P-384" | "P-521";

/** `order` is the order of the base point; a signature is in low-S form when s ≤ `halfOrder`. */
export interface Curve {
  readonly name: CurveName;
  readonly oid: string;
  readonly order: bigint;
  readonly halfOrder: bigint;
  /** `halfOrder`, most significant byte first, without zeros in front. */
  readonly halfOrderBytes: Uint8Array;
}

function curve(name: CurveName, oid: string, order: bigint): Curve {
  const halfOrder = order >> 1n;
  const digits = halfOrder.toString(16);
  const halfOrderBytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  assert(halfOrderBytes !== undefined, "a number's digits are hexadecimal");
  return { name, oid, order, halfOrder, halfOrderBytes };
}

/** The NIST curves (SEC 2). Fabric's members use P-256; the others are what its verifier accepts as well. */
export const CURVES: readonly Curve[] = [
  curve(
    "P-256",
    "1.2.840.10045.3.1.7",
    hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
  ),
  curve(
    "P-384",
    "1.3.132.0.34",
    hex(
      "ffffffffffffffffffffffffffffffffffffffffffffffff",
      "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
  ),
  curve(
    "P-521",
    "1.3.132.0.35",
    hex(
      "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
  ),
  curve("P-224", "1.3.132.0.33", hex("ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d")),
];

/** The curve of this object identifier, if it is one of ours. */
export function curveOfOid(oid: string): Curve | undefined {
  return CURVES.find((candidate) => candidate.oid === oid);
}

function hex(...parts: readonly string[]): bigint {
  return BigInt(`0x${parts.join("")}`);
}
