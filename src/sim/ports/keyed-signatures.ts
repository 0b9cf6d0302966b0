/**
 * Signatures that cost a hash: for simulations, where thousands are made in a second. Whoever has a public key could make them,
 * so that they prove nothing to anybody but the simulator, which hands each node the signer of its own key only.
 */
import {
  CURVES,
  decodeEcdsaSignature,
  encodeEcdsaSignature,
  sha256,
  type Certificate,
  type PublicKey,
  type SignatureVerifier,
} from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import { concatBytes, toHex, utf8 } from "../../kernel/bytes.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { MspCache } from "../../msp/index.ts";
import { create, encode, SerializedIdentity } from "../../wire/index.ts";

const PURPOSE = utf8("a signature of a simulation");
const ORDER = CURVES.find(({ name }) => name === "P-256")?.order;

export class KeyedSignatures {
  /** The organisations whose members sign so: all nodes share them. */
  readonly msps: MspCache;
  // A key's bytes cost more to read than a signature to check.
  readonly #known = new WeakMap<PublicKey, Uint8Array>();

  constructor() {
    this.msps = new MspCache(this.verifier);
  }

  /** The signer of the member whose certificate this is. */
  signer(mspId: string, certificate: Certificate): Signer {
    const identity = encode(
      SerializedIdentity,
      create(SerializedIdentity, { mspid: mspId, idBytes: certificate.pem }),
    );
    const key = this.#bytesOf(certificate.publicKey);
    assert(key !== undefined, "members sign with ECDSA");
    const sign = (message: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(encodeEcdsaSignature(numbersOf(key, message)));
    return { mspId, identity, sign };
  }

  /** Believes what a signer of here made, of this message and by this key, and nothing else. Answers within microtasks. */
  readonly verifier: SignatureVerifier = (key, message, signatureDer) => {
    const bytes = this.#bytesOf(key);
    const signature = decodeEcdsaSignature(signatureDer);
    if (bytes === undefined || signature === undefined) return Promise.resolve(false);
    const { r, s } = numbersOf(bytes, message);
    return Promise.resolve(signature.r === r && signature.s === s);
  };

  #bytesOf(key: PublicKey): Uint8Array | undefined {
    if (key.algorithm !== "ecdsa") return undefined;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(key.handle.export({ type: "spki", format: "der" }));
    this.#known.set(key, bytes);
    return bytes;
  }
}

// In the form of an ECDSA signature with low S, so that whatever looks at the form sees nothing unusual.
function numbersOf(key: Uint8Array, message: Uint8Array): { r: bigint; s: bigint } {
  assert(ORDER !== undefined, "P-256 is among the curves");
  const digest = sha256(concatBytes(PURPOSE, key, sha256(message)));
  const r = (BigInt(`0x${toHex(digest)}`) % (ORDER - 1n)) + 1n;
  return { r, s: (r >> 1n) + 1n };
}
