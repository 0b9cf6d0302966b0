import { equalBytes, toHex } from "../../src/kernel/bytes.ts";
import { certificateSpkiDer } from "../../src/crypto/index.ts";

/** Fabric: how one refuses what a node sends that is no member of the channel's group. */
export const NOT_ADMITTED = "certificate extracted from TLS connection isn't authorized";

/** One member of a channel's group, as the channel's configuration names it. */
export interface ClusterMember {
  readonly raftId: number;
  /** `host:port` of its cluster listener. */
  readonly address: string;
  /** PEM of what it presents when it calls and when it is called. */
  readonly clientTlsCertPem: Uint8Array;
  readonly serverTlsCertPem: Uint8Array;
  /** PEM of the CAs that its server certificate chains to. Empty: plain text, without TLS. */
  readonly tlsRootsPem: readonly Uint8Array[];
}

/**
 * Fabric: members are told apart by the public keys of their TLS certificates, so that a renewed certificate with the
 * same key keeps working. Throws `CryptoError` for what is no certificate.
 */
export function publicKeyOf(certificate: Uint8Array): string {
  return toHex(certificateSpkiDer(certificate));
}

/** As `publicKeyOf`, and `undefined` for what is no certificate. */
export function maybePublicKeyOf(certificate: Uint8Array): string | undefined {
  try {
    return publicKeyOf(certificate);
  } catch {
    return undefined;
  }
}

/** Whether both are reached at the same place and prove to be the same. */
export function isSameMember(a: ClusterMember, b: ClusterMember): boolean {
  return (
    a.raftId === b.raftId &&
    a.address === b.address &&
    equalBytes(a.clientTlsCertPem, b.clientTlsCertPem) &&
    equalBytes(a.serverTlsCertPem, b.serverTlsCertPem) &&
    a.tlsRootsPem.length === b.tlsRootsPem.length &&
    a.tlsRootsPem.every((pem, index) => {
      const other = b.tlsRootsPem[index];
      return other !== undefined && equalBytes(pem, other);
    })
  );
}
