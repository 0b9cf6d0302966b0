/** Reads a node's TLS certificate and key again, when its operator says that they were renewed. */
import { parsePemCertificate } from "../crypto/index.ts";
import { equalBytes } from "../kernel/bytes.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import { ConfigError, type CommonConfig } from "./config.ts";
import { readConfigured } from "./configured-file.ts";
import type { TlsMaterial } from "./world.ts";

/** Throws `ConfigError` for files that cannot be read and a certificate that has ended; `CryptoError` for none. */
export async function readRenewedTls(
  { certificateFile, keyFile }: CommonConfig["tls"],
  clock: Clock,
): Promise<{ readonly renewed: TlsMaterial; readonly validUntil: string }> {
  const certificatePem = await readConfigured("tls.certificateFile", certificateFile);
  const keyPem = await readConfigured("tls.keyFile", keyFile);
  const { notAfterMs } = parsePemCertificate(certificatePem);
  const validUntil = new Date(notAfterMs).toISOString();
  if (notAfterMs < clock.wallMs()) {
    throw new ConfigError(
      "invalid configuration",
      `the certificate in ${certificateFile} ended at ${validUntil}; put a renewed one there`,
    );
  }
  return { renewed: { certificatePem, keyPem }, validUntil };
}

/** Throws `ConfigError` when the certificates are of different keys: by its key an orderer's channels know it. */
export function requireSameKey(currentPem: Uint8Array, renewedPem: Uint8Array): void {
  const [current, renewed] = [currentPem, renewedPem].map((pem) => parsePemCertificate(pem));
  if (current && renewed && equalBytes(current.spkiDer, renewed.spkiDer)) return;
  throw new ConfigError(
    "invalid configuration",
    "the certificate is of another key, which the channels' configurations do not name; " +
      "tell them first, as `heddle orderer replace` does, and restart the node",
  );
}
