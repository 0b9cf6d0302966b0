import {
  CertificateAuthority,
  type AuthorityDeps,
} from "../../crypto/adapters/certificate-authority.ts";
import type { ChaincodeCredentials, CredentialIssuer } from "../ports.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/**
 * An issuer with an authority of its own that lives as long as the peer's process: nobody else trusts it, and the listener
 * knows each certificate by its hash. `listenerRootsPem` are the roots of the listener's certificate.
 */
export async function createCredentialIssuer(
  deps: AuthorityDeps,
  options: { readonly listenerRootsPem: Uint8Array },
): Promise<CredentialIssuer> {
  const authority = await CertificateAuthority.createRoot(deps, {
    commonName: "chaincode-ca",
    organization: "heddle",
  });
  return {
    async issue(packageId: string): Promise<ChaincodeCredentials> {
      const issued = await authority.issue({
        // X.520 bounds common names at 64 characters.
        commonName: packageId.slice(0, 64),
        keyUsages: ["digitalSignature"],
        extendedKeyUsages: [CLIENT_AUTH],
      });
      return {
        certificatePem: issued.certificatePem,
        keyPem: issued.privateKeyPem,
        certificateDer: issued.certificate.der,
        listenerRootsPem: options.listenerRootsPem,
      };
    },
  };
}
