import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { concatBytes, fromHex, toHex } from "../../kernel/bytes.ts";
import { assert } from "../../kernel/assert.ts";
import type { Random } from "../../kernel/ports/random.ts";
import { CURVES } from "../curve.ts";
import { DER_TAG, encodeDer } from "../der.ts";
import { sha256 } from "../hash.ts";
import { publicKeyBits } from "../public-key.ts";

/** `subjectKeyId` is SHA-256 of the public point (RFC 7093 §2 method 4 with Fabric's full length). */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly spkiDer: Uint8Array;
  readonly subjectKeyId: Uint8Array;
}

const SCALAR_BYTES = 32;
// FIPS 186-5 §A.2.1: 64 bits more than the order has, so that the remainder is as good as uniform.
const SEED_BYTES = SCALAR_BYTES + 8;

/** A P-256 key whose private number is drawn from `random`: the same draws give the same key. */
export function generateKeyPair(random: Random): KeyPair {
  const curve = CURVES.find((candidate) => candidate.name === "P-256");
  assert(curve !== undefined, "P-256 is among the curves");
  const seed = BigInt(`0x${toHex(random.bytes(SEED_BYTES))}`);
  const scalar = (seed % (curve.order - 1n)) + 1n;
  const bytes = fromHex(scalar.toString(16).padStart(SCALAR_BYTES * 2, "0"));
  assert(bytes !== undefined, "a number's digits are hexadecimal");
  const key = encodePkcs8(bytes);
  return keyPairOf(createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs8" }));
}

/** The pair of a private key. */
export function keyPairOf(privateKey: KeyObject): KeyPair {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const spkiDer = new Uint8Array(spki);
  return { privateKey, spkiDer, subjectKeyId: sha256(publicKeyBits(spkiDer)) };
}

const EC_PUBLIC_KEY_OID = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1_OID = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

// RFC 5208 around RFC 5915, without the public key: OpenSSL computes it.
function encodePkcs8(scalar: Uint8Array): Uint8Array {
  const oid = (bytes: readonly number[]): Uint8Array =>
    encodeDer(DER_TAG.oid, new Uint8Array(bytes));
  const integer = (value: number): Uint8Array =>
    encodeDer(DER_TAG.integer, new Uint8Array([value]));
  const algorithm = encodeDer(DER_TAG.sequence, oid(EC_PUBLIC_KEY_OID), oid(PRIME256V1_OID));
  const key = encodeDer(DER_TAG.sequence, integer(1), encodeDer(DER_TAG.octetString, scalar));
  return encodeDer(
    DER_TAG.sequence,
    concatBytes(integer(0), algorithm),
    encodeDer(DER_TAG.octetString, key),
  );
}
