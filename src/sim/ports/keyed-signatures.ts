/**
 * Signatures that cost a hash: for simulations, where thousands are made in a second. Whoever has a public key could make them,
 * so that they prove nothing to anybody but the simulator, which hands each node the signer of its own key only.
 */
import { sha256, type PublicKey, type SignatureVerifier } from "../../crypto/index.ts";
import { assert } from "../../kernel/assert.ts";
import { equalBytes, utf8 } from "../../kernel/bytes.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { MspCache } from "../../msp/index.ts";
import { create, encode, SerializedIdentity } from "../../wire/index.ts";
import type { KeyHolder, Signatures } from "./signatures.ts";

const PURPOSE = utf8("a signature of a simulation");
/** SEQUENCE { INTEGER of 32 bytes, INTEGER of 32 bytes }: where the two begin, and their tags and lengths. */
const SEQUENCE = [0x30, 68] as const;
const INTEGER = [0x02, 32] as const;
const R_OFFSET = 4;
const S_OFFSET = 38;
const SIGNATURE_BYTES = 70;
const EMPTY_SIGNATURE = emptySignature();

export class KeyedSignatures implements Signatures {
  readonly msps: MspCache;
  // A key's bytes cost more to read than a signature to check.
  readonly #known = new WeakMap<PublicKey, Uint8Array>();

  constructor() {
    this.msps = new MspCache(this.verifier);
  }

  signer({ mspId, certificate }: KeyHolder): Signer {
    const identity = encode(
      SerializedIdentity,
      create(SerializedIdentity, { mspid: mspId, idBytes: certificate.pem }),
    );
    const key = this.#bytesOf(certificate.publicKey);
    assert(key !== undefined, "members sign with ECDSA");
    const sign = (message: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(signatureOf(key, message));
    return { mspId, identity, sign };
  }

  /** Believes what a signer of here made, of this message and by this key, and nothing else. Answers within microtasks. */
  readonly verifier: SignatureVerifier = (key, message, signatureDer) => {
    const bytes = this.#bytesOf(key);
    if (bytes === undefined) return Promise.resolve(false);
    return Promise.resolve(equalBytes(signatureDer, signatureOf(bytes, message)));
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

function emptySignature(): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set([...SEQUENCE, ...INTEGER]);
  signature.set(INTEGER, S_OFFSET - INTEGER.length);
  return signature;
}

// In the form of an ECDSA signature with low S, so that whatever looks at the form sees nothing unusual: both numbers
// are positive, of full length, and below half of the order of P-256.
function signatureOf(key: Uint8Array, message: Uint8Array): Uint8Array {
  const digest = sha256(PURPOSE, key, message);
  digest[0] = ((digest[0] ?? 0) & 0x3f) | 0x01;
  const signature = EMPTY_SIGNATURE.slice();
  signature.set(digest, R_OFFSET);
  signature.set(digest, S_OFFSET);
  return signature;
}
