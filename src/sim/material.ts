/** Certificates and the genesis block of a simulated network: the same bytes in every process, made once in each. */
import {
  BATCH_SIZE_DEFAULT,
  buildGenesisBlock,
  RAFT_OPTIONS_DEFAULT,
  type RaftConsenter,
} from "../channel/index.ts";
import {
  CertificateAuthority,
  type AuthorityDeps,
} from "../crypto/adapters/certificate-authority.ts";
import { deterministicMessageSigner } from "../crypto/adapters/deterministic-signer.ts";
import type { Certificate } from "../crypto/index.ts";
import { SeededRandom } from "../kernel/seeded-random.ts";
import { Block, create, encode, FabricMSPConfig } from "../wire/index.ts";
import type { NodeName } from "./contracts.ts";
import type { KeyHolder } from "./ports/signatures.ts";

export const CHANNEL_ID = "simulated";
export const ORDERER_PORT = 7050;
export const PEER_PORT = 7051;
export const CHAINCODE_PORT = 7052;
export const ADMIN_PORT = 7053;

/** Where simulated time begins; within the validity of every certificate. */
export const EPOCH_MS: number = Date.UTC(2026, 0, 1, 12);
/** Some dozen blocks: what lies behind a snapshot is met in minutes. */
const SNAPSHOT_INTERVAL_BYTES = 128 * 1024;
/** By how much a network that is loaded from an image is older. */
export const IMAGE_PAST_MS = 3_600_000;
/** In the middle of the chaos of most runs. */
export const SHORT_CERTIFICATE_END_MS: number = EPOCH_MS + IMAGE_PAST_MS + 40_000;
const BATCH_TIMEOUT_MS = 2_000;
const SEED = 20_260_101;
const YEAR_MS = 365 * 24 * 3_600_000;
const VALIDITY = { notBeforeMs: EPOCH_MS - YEAR_MS, notAfterMs: EPOCH_MS + 9 * YEAR_MS };
const SHORT_VALIDITY = { ...VALIDITY, notAfterMs: SHORT_CERTIFICATE_END_MS };

export interface NetworkSize {
  readonly orderers: number;
  readonly organizations: number;
  /** Of all organisations together, dealt out in turn. */
  readonly peers: number;
  /** Further peers, which are not in the channel. */
  readonly joiners: number;
}

export type MemberMaterial = KeyHolder;

export interface NodeMaterial extends MemberMaterial {
  readonly name: NodeName;
  readonly role: "orderer" | "peer";
  readonly msp: FabricMSPConfig;
  readonly tls: Certificate;
  /** Of another key, for when the first is renewed. */
  readonly nextTls: Certificate;
  /** What it has in place of both in worlds in which they end: an identity of another key, and a certificate of the same one. */
  readonly ending: { readonly identity: MemberMaterial; readonly tls: Certificate };
  /** It runs without the channel until it is told to join. */
  readonly isJoiner: boolean;
}

export interface Material {
  readonly nodes: readonly NodeMaterial[];
  /** One of each peer organisation. */
  readonly admins: readonly MemberMaterial[];
  readonly clients: readonly MemberMaterial[];
  /** Clients whose certificates end while a network runs. */
  readonly shortLivedClients: readonly MemberMaterial[];
  readonly ordererAdmin: MemberMaterial;
  readonly genesisBlock: Uint8Array;
}

interface Organization {
  readonly mspId: string;
  /** The same two, with dice of their own: what they issue leaves all other material as it is. */
  readonly ending: { readonly authority: CertificateAuthority; readonly tls: CertificateAuthority };
  readonly authority: CertificateAuthority;
  readonly tls: CertificateAuthority;
  readonly msp: FabricMSPConfig;
}

export async function makeMaterial(size: NetworkSize): Promise<Material> {
  const random = new SeededRandom(SEED);
  const ordererOrg = await makeOrganization("OrdererMSP", random);
  const peerOrgs: Organization[] = [];
  for (let index = 1; index <= size.organizations; index += 1) {
    peerOrgs.push(await makeOrganization(`Org${index}MSP`, random));
  }
  const nodes: NodeMaterial[] = [];
  for (let index = 1; index <= size.orderers; index += 1) {
    nodes.push(await makeNode(ordererOrg, `orderer${index}`, "orderer"));
  }
  for (let index = 0; index < size.peers + size.joiners; index += 1) {
    const organization = peerOrgs[index % peerOrgs.length] ?? ordererOrg;
    const isJoiner = index >= size.peers;
    nodes.push({ ...(await makeNode(organization, `peer${index + 1}`, "peer")), isJoiner });
  }
  const members = (role: string): Promise<readonly MemberMaterial[]> =>
    Promise.all(peerOrgs.map((organization) => makeMember(organization, role)));
  return {
    nodes,
    admins: await members("admin"),
    clients: await members("client"),
    shortLivedClients: await Promise.all(
      peerOrgs.map((organization) => makeMember(organization, "client", SHORT_VALIDITY)),
    ),
    ordererAdmin: await makeMember(ordererOrg, "admin"),
    genesisBlock: encode(Block, genesisOf(nodes, ordererOrg, peerOrgs)),
  };
}

function genesisOf(
  nodes: readonly NodeMaterial[],
  ordererOrg: Organization,
  peerOrgs: readonly Organization[],
): Block {
  const orderers = nodes.filter(({ role }) => role === "orderer");
  return buildGenesisBlock({
    channelId: CHANNEL_ID,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: BATCH_TIMEOUT_MS,
    raftOptions: { ...RAFT_OPTIONS_DEFAULT, snapshotIntervalBytes: SNAPSHOT_INTERVAL_BYTES },
    consenters: orderers.map(consenterOf),
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: ordererOrg.mspId,
        msp: ordererOrg.msp,
        endpoints: orderers.map(({ name }) => `${name}:${ORDERER_PORT}`),
      },
    ],
    applicationOrganizations: peerOrgs.map(({ mspId, msp }) => ({
      name: mspId,
      mspId,
      msp,
      anchorPeers: nodes
        .filter((node) => node.mspId === mspId)
        .slice(0, 1)
        .map(({ name }) => ({ host: name, port: PEER_PORT })),
    })),
    nonce: new Uint8Array(24).fill(1),
    timestampMs: EPOCH_MS,
  });
}

function consenterOf({ name, tls }: NodeMaterial): RaftConsenter {
  return { host: name, port: ORDERER_PORT, clientTlsCertPem: tls.pem, serverTlsCertPem: tls.pem };
}

async function makeOrganization(mspId: string, random: SeededRandom): Promise<Organization> {
  const deps: AuthorityDeps = {
    clock: { monotonicMs: () => 0, wallMs: () => EPOCH_MS },
    random: random.child(mspId),
    signerOf: deterministicMessageSigner,
  };
  const organization = `${mspId.toLowerCase()}.example.com`;
  const root = (prefix: string): Promise<CertificateAuthority> =>
    CertificateAuthority.createRoot(deps, {
      commonName: `${prefix}.${organization}`,
      organization,
      validity: VALIDITY,
    });
  const authority = await root("ca");
  const tls = await root("tlsca");
  const endingDeps = { ...deps, random: random.child(`${mspId}, what ends`) };
  const ending = {
    authority: CertificateAuthority.load(endingDeps, authority),
    tls: CertificateAuthority.load(endingDeps, tls),
  };
  return { mspId, ending, authority, tls, msp: mspOf(mspId, authority, tls) };
}

async function makeNode(
  organization: Organization,
  name: NodeName,
  role: "orderer" | "peer",
): Promise<NodeMaterial> {
  const { mspId, authority, tls, msp, ending } = organization;
  const issued = await authority.issueIdentity({ commonName: name, organizationalUnits: [role] });
  const names = { commonName: name, alternativeNames: [name, "localhost"] };
  const served = await tls.issueTls(names);
  const next = await tls.issueTls(names);
  const endingTls = await ending.tls.renewTls(served, { ...names, validity: SHORT_VALIDITY });
  const endingIdentity = await ending.authority.issue({
    commonName: name,
    organizationalUnits: [role],
    keyUsages: ["digitalSignature"],
    validity: SHORT_VALIDITY,
  });
  const { certificate, privateKeyPem } = issued;
  return {
    name,
    role,
    mspId,
    msp,
    certificate,
    privateKeyPem,
    tls: served.certificate,
    nextTls: next.certificate,
    ending: { identity: { mspId, ...endingIdentity }, tls: endingTls.certificate },
    isJoiner: false,
  };
}

async function makeMember(
  { mspId, authority }: Organization,
  role: string,
  validity = VALIDITY,
): Promise<MemberMaterial> {
  const { certificate, privateKeyPem } = await authority.issue({
    commonName: `${role}@${mspId}`,
    organizationalUnits: [role],
    keyUsages: ["digitalSignature"],
    validity,
  });
  return { mspId, certificate, privateKeyPem };
}

function mspOf(
  mspId: string,
  authority: CertificateAuthority,
  tls: CertificateAuthority,
): FabricMSPConfig {
  const unit = (
    organizationalUnitIdentifier: string,
  ): { readonly certificate: Uint8Array; readonly organizationalUnitIdentifier: string } => ({
    certificate: authority.certificatePem,
    organizationalUnitIdentifier,
  });
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
