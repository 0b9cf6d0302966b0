/** Certificates for gossip peers on loopback: organisations with an MSP and a TLS authority each. */
import { CertificateAuthority } from "../../../src/crypto/adapters/certificate-authority.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { createSigner } from "../../../src/msp/adapters/index.ts";
import { Msp } from "../../../src/msp/index.ts";
import { FabricMSPConfig, create } from "../../../src/wire/index.ts";

const deps = { clock: systemClock, random: systemRandom };

export interface TlsPair {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
}

/** One organisation: issues peers, and is an MSP that knows them. */
export class TestOrganization {
  readonly mspId: string;
  readonly msp: Msp;
  readonly tlsRootPem: Uint8Array;
  readonly #ca: CertificateAuthority;
  readonly #tlsCa: CertificateAuthority;

  private constructor(mspId: string, ca: CertificateAuthority, tlsCa: CertificateAuthority) {
    this.mspId = mspId;
    this.#ca = ca;
    this.#tlsCa = tlsCa;
    this.tlsRootPem = tlsCa.certificatePem;
    const role = (organizationalUnitIdentifier: string): object => ({
      organizationalUnitIdentifier,
      certificate: ca.certificatePem,
    });
    this.msp = Msp.fromConfig(
      create(FabricMSPConfig, {
        name: mspId,
        rootCerts: [ca.certificatePem],
        tlsRootCerts: [tlsCa.certificatePem],
        cryptoConfig: {
          signatureHashFamily: "SHA2",
          identityIdentifierHashFunction: "SHA256",
        },
        fabricNodeOus: {
          enable: true,
          clientOuIdentifier: role("client"),
          peerOuIdentifier: role("peer"),
          adminOuIdentifier: role("admin"),
          ordererOuIdentifier: role("orderer"),
        },
      }),
    );
  }

  static async create(mspId: string): Promise<TestOrganization> {
    const organization = mspId.toLowerCase();
    const ca = await CertificateAuthority.createRoot(deps, {
      commonName: `ca.${organization}`,
      organization,
    });
    const tlsCa = await CertificateAuthority.createRoot(deps, {
      commonName: `tlsca.${organization}`,
      organization,
    });
    return new TestOrganization(mspId, ca, tlsCa);
  }

  async peer(name: string): Promise<{ readonly signer: Signer; readonly tls: TlsPair }> {
    const identity = await this.#ca.issueIdentity({
      commonName: name,
      organizationalUnits: ["peer"],
    });
    const tls = await this.#tlsCa.issueTls({
      commonName: name,
      alternativeNames: ["localhost", "127.0.0.1"],
    });
    return {
      signer: createSigner({
        mspId: this.mspId,
        certificatePem: identity.certificatePem,
        privateKeyPem: identity.privateKeyPem,
      }),
      tls: { certificatePem: tls.certificatePem, keyPem: tls.privateKeyPem },
    };
  }
}

/** A block that these tests take for genuine. */
export function genuineBlock(number: number): Uint8Array {
  return utf8(`genuine block ${number}`);
}
