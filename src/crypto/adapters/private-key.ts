import { createPrivateKey, type KeyObject } from "node:crypto";
import { createRequire } from "node:module";
import type forge from "node-forge";
import { errorMessage } from "../../kernel/error.ts";
import { CryptoError } from "../errors.ts";

// Loaded for encrypted keys only: a node that has none would wait for 42 modules.
const loadForge = (): typeof forge => createRequire(import.meta.url)("node-forge") as typeof forge;

const ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

/**
 * The private key in a PEM text: PKCS#8 (`PRIVATE KEY`), SEC 1 (`EC PRIVATE KEY`) or, with `passphrase`, PKCS#8
 * encrypted by PBES2 (`ENCRYPTED PRIVATE KEY`). Throws `CryptoError` ("malformed-key", "wrong-passphrase"),
 * whose message holds nothing of the key.
 */
export function readPrivateKey(pem: Uint8Array, passphrase?: string): KeyObject {
  const text = new TextDecoder().decode(pem);
  if (!text.includes(ENCRYPTED)) return importPem(text);
  if (passphrase === undefined) {
    throw new CryptoError("wrong-passphrase", "the private key is encrypted: give its passphrase");
  }
  return decrypt(text, passphrase);
}

function importPem(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const message = `not a private key in PEM (PKCS#8 or SEC 1): ${errorMessage(error)}`;
    throw new CryptoError("malformed-key", message);
  }
}

function decrypt(text: string, passphrase: string): KeyObject {
  // The container is all that node-forge reads here: it knows no elliptic curves.
  const container = readContainer(text);
  const info = openContainer(container, passphrase);
  if (info === null) {
    throw new CryptoError("wrong-passphrase", "the passphrase does not open the private key");
  }
  const der = Buffer.from(loadForge().asn1.toDer(info).getBytes(), "binary");
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch (error) {
    throw new CryptoError("malformed-key", `not a private key: ${errorMessage(error)}`);
  }
}

function readContainer(text: string): forge.asn1.Asn1 {
  try {
    return loadForge().pki.encryptedPrivateKeyFromPem(text);
  } catch (error) {
    throw new CryptoError("malformed-key", `not an encrypted private key: ${errorMessage(error)}`);
  }
}

// A wrong passphrase shows as bad padding (null) or as bytes that are not ASN.1 (a throw).
function openContainer(container: forge.asn1.Asn1, passphrase: string): forge.asn1.Asn1 | null {
  try {
    return loadForge().pki.decryptPrivateKeyInfo(container, passphrase);
  } catch (error) {
    if (/cannot read|unsupported|unknown/i.test(errorMessage(error))) {
      throw new CryptoError("malformed-key", `private key encryption: ${errorMessage(error)}`);
    }
    return null;
  }
}

/** PKCS#8 PEM of a private key, unencrypted: what goes into a keystore, in a file of mode 0600. */
export function writePrivateKey(key: KeyObject): Uint8Array {
  return new TextEncoder().encode(key.export({ type: "pkcs8", format: "pem" }) as string);
}
