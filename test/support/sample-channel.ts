/** A channel of two peer organisations and one orderer organisation, with real certificates and keys. */
import {
  BATCH_SIZE_DEFAULT,
  ChannelConfig,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
  type ChannelProfile,
} from "../../src/channel/index.ts";
import { CertificateAuthority } from "../../src/crypto/adapters/certificate-authority.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { createSigner } from "../../src/msp/adapters/index.ts";
import {
  ConsensusType,
  ConsensusType_State,
  FabricMSPConfig,
  create,
  decode,
  encode,
  type Block,
} from "../../src/wire/index.ts";

export const CHANNEL_ID = "sample";

/** 2026-01-01T00:00:00Z: within the validity of every certificate here. */
export const SAMPLE_NOW_MS: number = Date.UTC(2026, 0, 1);

export const sampleClock: Clock = { monotonicMs: () => 0, wallMs: () => SAMPLE_NOW_MS };

export interface SampleOrganization {
  readonly mspId: string;
  readonly authority: CertificateAuthority;
  readonly mspConfig: FabricMSPConfig;
  readonly peer: Signer;
  readonly client: Signer;
  readonly admin: Signer;
  readonly orderer: Signer;
  readonly tls: CertificateAuthority;
}

export interface SampleChannel {
  readonly org1: SampleOrganization;
  readonly org2: SampleOrganization;
  readonly ordererOrg: SampleOrganization;
  readonly profile: ChannelProfile;
  readonly genesis: Block;
  readonly config: ChannelConfig;
}

/** Makes one. Keys follow from `seed`: another seed makes strangers of the same names. */
export async function sampleChannel(
  change: Partial<Pick<ChannelProfile, "acls" | "batchSize">> = {},
  seed = 7,
): Promise<SampleChannel> {
  const random = new SeededRandom(seed);
  const [org1, org2, ordererOrg] = await Promise.all([
    sampleOrganization("Org1MSP", random.child("org1")),
    sampleOrganization("Org2MSP", random.child("org2")),
    sampleOrganization("OrdererMSP", random.child("orderer")),
  ]);
  const server = await ordererOrg.tls.issueTls({
    commonName: "orderer1.example.com",
    alternativeNames: ["localhost"],
  });
  const profile: ChannelProfile = {
    channelId: CHANNEL_ID,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: 2_000,
    raftOptions: RAFT_OPTIONS_DEFAULT,
    consenters: [
      {
        host: "orderer1.example.com",
        port: 7050,
        clientTlsCertPem: server.certificatePem,
        serverTlsCertPem: server.certificatePem,
      },
    ],
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: "OrdererMSP",
        msp: ordererOrg.mspConfig,
        endpoints: ["orderer1.example.com:7050", "orderer2.example.com:7050"],
      },
    ],
    applicationOrganizations: [org1, org2].map(({ mspId, mspConfig }) => ({
      name: mspId,
      mspId,
      msp: mspConfig,
      anchorPeers: [],
    })),
    nonce: new Uint8Array(24).fill(1),
    timestampMs: SAMPLE_NOW_MS,
    ...change,
  };
  const genesis = buildGenesisBlock(profile);
  return { org1, org2, ordererOrg, profile, genesis, config: ChannelConfig.fromBlock(genesis) };
}

/** An organisation whose members' roles are told by organizational units. */
export async function sampleOrganization(
  mspId: string,
  random: SeededRandom,
): Promise<SampleOrganization> {
  const deps = { clock: sampleClock, random };
  const organization = `${mspId.toLowerCase()}.example.com`;
  const authority = await CertificateAuthority.createRoot(deps, {
    commonName: `ca.${organization}`,
    organization,
  });
  const tls = await CertificateAuthority.createRoot(deps, {
    commonName: `tlsca.${organization}`,
    organization,
  });
  const [peer, client, admin, orderer] = await Promise.all(
    (["peer", "client", "admin", "orderer"] as const).map((role) =>
      sampleMember(authority, mspId, role),
    ),
  );
  const mspConfig = mspConfigOf(mspId, authority, tls);
  return {
    mspId,
    authority,
    tls,
    mspConfig,
    peer: peer!,
    client: client!,
    admin: admin!,
    orderer: orderer!,
  };
}

/** One more member of an organisation. */
export async function sampleMember(
  authority: CertificateAuthority,
  mspId: string,
  role: string,
  validity?: { readonly notBeforeMs: number; readonly notAfterMs: number },
): Promise<Signer> {
  const issued = await authority.issue({
    commonName: `${role}.${mspId}`,
    organizationalUnits: [role],
    keyUsages: ["digitalSignature"],
    ...(validity === undefined ? {} : { validity }),
  });
  return createSigner({ mspId, ...issued });
}

function mspConfigOf(
  mspId: string,
  authority: CertificateAuthority,
  tls: CertificateAuthority,
): FabricMSPConfig {
  const unit = (
    name: string,
  ): {
    readonly certificate: Uint8Array;
    readonly organizationalUnitIdentifier: string;
  } => ({ certificate: authority.certificatePem, organizationalUnitIdentifier: name });
  return create(FabricMSPConfig, {
    name: mspId,
    rootCerts: [authority.certificatePem],
    tlsRootCerts: [tls.certificatePem],
    cryptoConfig: { signatureHashFamily: "SHA2", identityIdentifierHashFunction: "SHA256" },
    fabricNodeOus: {
      enable: true,
      clientOuIdentifier: unit("client"),
      peerOuIdentifier: unit("peer"),
      adminOuIdentifier: unit("admin"),
      ordererOuIdentifier: unit("orderer"),
    },
  });
}

/** The channel's configuration after an update that began its maintenance. */
export function inMaintenance({ config }: SampleChannel): ChannelConfig {
  const next = { ...config.config, sequence: config.sequence + 1 };
  const root = next.channelGroup!;
  const orderer = root.groups.get("Orderer")!;
  const value = orderer.values.get("ConsensusType")!;
  const consensus = decode(ConsensusType, value.value);
  const state = ConsensusType_State.STATE_MAINTENANCE;
  const changed = { ...value, value: encode(ConsensusType, { ...consensus, state }) };
  const values = new Map([...orderer.values, ["ConsensusType", changed] as const]);
  const groups = new Map([...root.groups, ["Orderer", { ...orderer, values }] as const]);
  return ChannelConfig.parse(CHANNEL_ID, { ...next, channelGroup: { ...root, groups } });
}
