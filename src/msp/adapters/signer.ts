import { createPublicKey, type KeyObject } from "node:crypto";
import { equalBytes } from "../../kernel/bytes.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { type MessageSigner, messageSigner } from "../../crypto/adapters/message-signer.ts";
import { readPrivateKey } from "../../crypto/adapters/private-key.ts";
import { parsePemCertificate } from "../../crypto/index.ts";
import { create, encode, SerializedIdentity } from "../../wire/index.ts";
import { MspError } from "../errors.ts";

/** `certificatePem` becomes part of the identity byte for byte. `passphrase` is for an encrypted key. */
export interface SignerMaterial {
  readonly mspId: string;
  readonly certificatePem: Uint8Array;
  readonly privateKeyPem: Uint8Array;
  readonly passphrase?: string;
}

/** The signer of an organisation's member. Throws `CryptoError` for malformed material, `MspError` when it does not match. */
export function createSigner(material: SignerMaterial): Signer {
  return signerWith(material, messageSigner);
}

/** As `createSigner`, by another way to sign. */
export function signerWith(
  material: SignerMaterial,
  signerOf: (key: KeyObject) => MessageSigner,
): Signer {
  const { mspId, certificatePem, privateKeyPem, passphrase } = material;
  const key = readPrivateKey(privateKeyPem, passphrase);
  if (!isKeyOf(key, certificatePem)) {
    const message = `the private key is not that of the certificate of a member of ${mspId}`;
    throw new MspError("malformed", `${message}: take both from one enrollment`);
  }
  const identity = encode(
    SerializedIdentity,
    create(SerializedIdentity, { mspid: mspId, idBytes: certificatePem }),
  );
  return { mspId, identity, sign: signerOf(key) };
}

/** Whether `key` is the private key of this certificate. Throws `CryptoError` for a malformed certificate. */
export function isKeyOf(key: KeyObject, certificatePem: Uint8Array): boolean {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return equalBytes(spki, parsePemCertificate(certificatePem).spkiDer);
}
