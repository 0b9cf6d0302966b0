/**
 * Signatures that cost a hash: for simulations, where thousands are made in a second. Whoever has a public key could make them,
 * so that they prove nothing to anybody but the simulator, which hands each node the signer of its own key only.
 */
import type { PublicKey, SignatureVerifier } from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import { equalBytes } from "../../kernel/bytes.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { MspCache } from "../../msp/index.ts";
import { create, encode, SerializedIdentity } from "../../wire/index.ts";
import { quickHash, type HashWords } from "./quick-hash.ts";
import type { KeyHolder, Signatures } from "./signatures.ts";

/** SEQUENCE { INTEGER of 32 bytes, INTEGER of 32 bytes }: where the two begin, and their tags and lengths. */
const SEQUENCE = [0x30, 68] as const;
const INTEGER = [0x02, 32] as const;
const R_OFFSET = 4;
const S_OFFSET = 38;
const SIGNATURE_BYTES = 70;
const NUMBER_BYTES = 32;
const EMPTY_SIGNATURE = emptySignature();

export class KeyedSignatures implements Signatures {
  readonly msps: MspCache;
  // A key's bytes cost more to read than a signature to check.
  readonly #known = new WeakMap<PublicKey, HashWords>();
  // What a signature is compared with, written anew for each.
  readonly #expected = EMPTY_SIGNATURE.slice();

  constructor() {
    this.msps = new MspCache(this.verifier);
  }

  signer({ mspId, certificate }: KeyHolder): Signer {
    const identity = encode(
      SerializedIdentity,
      create(SerializedIdentity, { mspid: mspId, idBytes: certificate.pem }),
    );
    const key = this.#hashOf(certificate.publicKey);
    assert(key !== undefined, "members sign with ECDSA");
    const sign = (message: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(writeSignature(EMPTY_SIGNATURE.slice(), key, message));
    return { mspId, identity, sign };
  }

  /** Believes what a signer of here made, of this message and by this key, and nothing else. Answers within microtasks. */
  readonly verifier: SignatureVerifier = (key, message, signatureDer) => {
    const hash = this.#hashOf(key);
    if (hash === undefined) return Promise.resolve(false);
    const expected = writeSignature(this.#expected, hash, message);
    return Promise.resolve(equalBytes(signatureDer, expected));
  };

  #hashOf(key: PublicKey): HashWords | undefined {
    if (key.algorithm !== "ecdsa") return undefined;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const hash = quickHash(key.handle.export({ type: "spki", format: "der" }));
    this.#known.set(key, hash);
    return hash;
  }
}

function emptySignature(): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set([...SEQUENCE, ...INTEGER]);
  signature.set(INTEGER, S_OFFSET - INTEGER.length);
  return signature;
}

// In the form of an ECDSA signature with low S, so that whatever looks at the form sees nothing unusual: both numbers
// are positive, of full length, and below half of the order of P-256.
function writeSignature(signature: Uint8Array, key: HashWords, message: Uint8Array): Uint8Array {
  const { first, second } = quickHash(message, key);
  for (let index = 0; index < NUMBER_BYTES; index += 1) {
    // Its two words in turn, a byte after the other.
    const byte = (index % 8 < 4 ? first : second) >>> (8 * (index % 4));
    signature[R_OFFSET + index] = byte;
    signature[S_OFFSET + index] = byte;
  }
  const highest = (first & 0x3f) | 0x01;
  signature[R_OFFSET] = highest;
  signature[S_OFFSET] = highest;
  return signature;
}
