import {
  CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from "../../../src/crypto/adapters/certificate-authority.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { createSigner } from "../../../src/msp/adapters/index.ts";
import {
  create,
  encode,
  FabricMSPConfig,
  type Partially,
  SerializedIdentity,
} from "../../../src/wire/index.ts";
import { seededRandom, stoppedClock } from "../crypto/ports.ts";

/** When the organisations of these tests were made. */
export const CREATED_MS: number = Date.UTC(2026, 0, 1);

/** An organisation in memory, with NodeOUs whose units its authority certifies, as cryptogen makes it. */
export class TestOrganization {
  readonly mspId: string;
  readonly ca: CertificateAuthority;
  readonly tlsCa: CertificateAuthority;

  private constructor(mspId: string, ca: CertificateAuthority, tlsCa: CertificateAuthority) {
    this.mspId = mspId;
    this.ca = ca;
    this.tlsCa = tlsCa;
  }

  static async create(mspId: string, seed: number): Promise<TestOrganization> {
    const deps = { clock: stoppedClock(CREATED_MS), random: seededRandom(seed) };
    const organization = `${mspId.toLowerCase()}.example.com`;
    const authority = (commonName: string): Promise<CertificateAuthority> =>
      CertificateAuthority.createRoot(deps, { commonName, organization });
    const [ca, tlsCa] = [
      await authority(`ca.${organization}`),
      await authority(`tlsca.${organization}`),
    ];
    return new TestOrganization(mspId, ca, tlsCa);
  }

  config(changes: Partially<FabricMSPConfig> = {}): FabricMSPConfig {
    const unit = (
      name: string,
    ): { organizationalUnitIdentifier: string; certificate: Uint8Array } => ({
      organizationalUnitIdentifier: name,
      certificate: this.ca.certificatePem,
    });
    const fields: Partially<FabricMSPConfig> = {
      name: this.mspId,
      rootCerts: [this.ca.certificatePem],
      tlsRootCerts: [this.tlsCa.certificatePem],
      fabricNodeOus: {
        enable: true,
        clientOuIdentifier: unit("client"),
        peerOuIdentifier: unit("peer"),
        adminOuIdentifier: unit("admin"),
        ordererOuIdentifier: unit("orderer"),
      },
      ...changes,
    };
    return create<FabricMSPConfig>(FabricMSPConfig, fields);
  }

  /** A certificate with these organisational units; `changes` may say anything else about it. */
  issue(
    units: readonly string[],
    changes: Partial<CertificateRequest> = {},
  ): Promise<IssuedCertificate> {
    return this.ca.issue({
      commonName: `member.${this.mspId}`,
      organizationalUnits: units,
      keyUsages: ["digitalSignature"],
      ...changes,
    });
  }

  async member(
    units: readonly string[],
    changes: Partial<CertificateRequest> = {},
  ): Promise<Uint8Array> {
    return serialize(this.mspId, (await this.issue(units, changes)).certificatePem);
  }

  async signer(units: readonly string[]): Promise<Signer> {
    return createSigner({ mspId: this.mspId, ...(await this.issue(units)) });
  }
}

export function serialize(mspid: string, idBytes: Uint8Array): Uint8Array {
  return encode(SerializedIdentity, create(SerializedIdentity, { mspid, idBytes }));
}
