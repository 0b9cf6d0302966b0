import type { Certificate, SignatureVerifier } from "../crypto/index.ts";
import type { MSPPrincipal } from "../wire/index.ts";

/** A holder of a certificate, as an organisation sees it. */
export interface Identity {
  readonly mspId: string;
  /** In Fabric's canonical form: with a low-S signature of its issuer. */
  readonly certificate: Certificate;
  /** The `msp.SerializedIdentity` that it was read from, byte for byte. */
  readonly serialized: Uint8Array;
  /** `<mspId>/<fingerprint>`: equal for equal certificates, however they were serialised. */
  readonly id: string;
  /** Last instant of the certificate's validity. Nothing here enforces it: see `isExpired`. */
  readonly notAfterMs: number;
  /** Whether it is what the principal asks for. False for a principal that is malformed or of another organisation. */
  satisfies(principal: MSPPrincipal): boolean;
  /** Whether it signed `message`, by the rules of its organisation's verifier. */
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export type IdentityResult =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly reason: string };

/** Builds an identity around its certificate; `satisfies` decides on principals, `verifier` on signatures. */
export function identityOf(
  holder: {
    readonly mspId: string;
    readonly certificate: Certificate;
    readonly serialized: Uint8Array;
  },
  satisfies: (principal: MSPPrincipal) => boolean,
  verifier: SignatureVerifier,
): Identity {
  const { mspId, certificate, serialized } = holder;
  return {
    mspId,
    certificate,
    serialized,
    id: `${mspId}/${certificate.fingerprint}`,
    notAfterMs: certificate.notAfterMs,
    satisfies,
    verify: (message, signature) => verifier(certificate.publicKey, message, signature),
  };
}

/** Whether the certificate's validity has ended. Checked where identities enter, never in a block's validation. */
export function isExpired(identity: Pick<Identity, "notAfterMs">, nowMs: number): boolean {
  return nowMs > identity.notAfterMs;
}
