/** The signatures of production, with nonces that follow from the message: a run has the same bytes each time. */
import {
  deterministicSignerOf,
  verifySignatureAtOnce,
} from "../../crypto/adapters/deterministic-signatures.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { MspCache } from "../../msp/index.ts";
import { create, encode, SerializedIdentity } from "../../wire/index.ts";
import type { KeyHolder, Signatures } from "./signatures.ts";

export class RealSignatures implements Signatures {
  readonly msps: MspCache = new MspCache(verifySignatureAtOnce);

  signer({ mspId, certificate, privateKeyPem }: KeyHolder): Signer {
    const identity = encode(
      SerializedIdentity,
      create(SerializedIdentity, { mspid: mspId, idBytes: certificate.pem }),
    );
    return { mspId, identity, sign: deterministicSignerOf(privateKeyPem) };
  }
}
