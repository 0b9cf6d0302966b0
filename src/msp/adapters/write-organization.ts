import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type AuthorityDeps,
  CertificateAuthority,
  type IssuedCertificate,
} from "../../crypto/adapters/certificate-authority.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { MspError } from "../errors.ts";
import type { NodeRole } from "../node-ous.ts";
import { nodeOusFile } from "./node-ous-file.ts";

export interface NodeSpec {
  /** `peer0.org1.example.com`: the node's name, in whose TLS certificate it stands beside `localhost` and the loopback addresses. */
  readonly hostname: string;
  /** Further host names and IP addresses of its TLS certificate. */
  readonly extraSans?: readonly string[];
}

/** What to write. `users` are names such as `User1`; an `Admin` is always there. */
export interface OrganizationSpec extends AuthorityDeps {
  /** The organisation appears below its `organizations/peerOrganizations` or `organizations/ordererOrganizations`. */
  readonly directory: string;
  readonly kind: "peer" | "orderer";
  readonly mspId: string;
  readonly domain: string;
  readonly nodes: readonly NodeSpec[];
  readonly users: readonly string[];
}

/** Absolute or relative as the given directory. */
export interface MemberMaterial {
  /** `peer0.org1.example.com` or `User1@org1.example.com`. */
  readonly name: string;
  readonly mspDirectory: string;
  readonly tls: { readonly ca: string; readonly certificate: string; readonly key: string };
}

export interface OrganizationMaterial {
  readonly mspId: string;
  readonly domain: string;
  readonly directory: string;
  /** The organisation's public MSP directory, for a channel's configuration. */
  readonly mspDirectory: string;
  readonly tlsCaCertificate: string;
  readonly nodes: readonly MemberMaterial[];
  /** The users in the order given, then the administrator. */
  readonly users: readonly MemberMaterial[];
}

interface Authorities {
  readonly ca: CertificateAuthority;
  readonly tlsCa: CertificateAuthority;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"];
const ADMIN = "Admin";

/**
 * Creates an organisation's authorities, nodes and users and writes them in the layout of Fabric's cryptogen, private
 * keys in files of mode 0600. All of it appears at once, by a rename: a directory named `….partial` is what a crash left,
 * and is replaced. Throws `MspError` ("exists") when the organisation is there already.
 */
export async function writeOrganization(spec: OrganizationSpec): Promise<OrganizationMaterial> {
  const directory = join(spec.directory, "organizations", `${spec.kind}Organizations`, spec.domain);
  if (await exists(directory)) {
    throw new MspError("exists", `${directory} exists: remove it, or choose another directory`);
  }
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  const authorities = await createAuthorities(spec);
  await writeAuthorities(partial, spec, authorities);
  for (const member of membersOf(spec)) {
    await writeMember(join(partial, member.folder, member.name), spec.domain, authorities, member);
  }
  await rename(partial, directory);
  return materialOf(directory, spec);
}

/** What to issue to a node of an organisation that is there already. */
export interface AddedNodeSpec extends AuthorityDeps, NodeSpec {
  /** As that of the organisation. */
  readonly directory: string;
  readonly kind: "peer" | "orderer";
  readonly domain: string;
}

/**
 * Issues identity and TLS certificate to one more node, by the authorities in the organisation's folder; beside the
 * folder at first, and moved into place when whole. Throws `MspError` ("exists") when the node has material already.
 */
export async function writeNode(spec: AddedNodeSpec): Promise<void> {
  const { kind, domain, hostname } = spec;
  const home = join(spec.directory, "organizations", `${kind}Organizations`, domain);
  const directory = join(home, `${kind}s`, hostname);
  if (await exists(directory)) {
    throw new MspError("exists", `${directory} exists: remove it, or choose another name`);
  }
  const authorities = {
    ca: await loadAuthority(spec, join(home, "ca"), `ca.${domain}`),
    tlsCa: await loadAuthority(spec, join(home, "tlsca"), `tlsca.${domain}`),
  };
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await writeMember(partial, domain, authorities, nodePlan(kind, domain, spec));
  await rename(partial, directory);
}

/** Issues a new TLS key and certificate to a node, into `folder`/tls, which must not be there. The rest of it stays. */
export async function writeNodeTls(spec: AddedNodeSpec, folder: string): Promise<void> {
  const { kind, domain } = spec;
  const home = join(spec.directory, "organizations", `${kind}Organizations`, domain);
  const authority = await loadAuthority(spec, join(home, "tlsca"), `tlsca.${domain}`);
  const { name: commonName, role, alternativeNames } = nodePlan(kind, domain, spec);
  const tls = await authority.issueTls({ commonName, alternativeNames });
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await writeFiles(partial, tlsFiles(tlsPrefix(role), tls, authority));
  await rename(partial, folder);
}

async function loadAuthority(
  deps: AuthorityDeps,
  folder: string,
  name: string,
): Promise<CertificateAuthority> {
  return CertificateAuthority.load(deps, {
    certificatePem: await readFile(join(folder, `${name}-cert.pem`)),
    privateKeyPem: await readFile(join(folder, "priv_sk")),
  });
}

interface MemberPlan {
  readonly folder: string;
  readonly name: string;
  readonly role: NodeRole;
  readonly alternativeNames: readonly string[];
}

function membersOf(spec: OrganizationSpec): readonly MemberPlan[] {
  const { kind, domain } = spec;
  const nodes = spec.nodes.map((node) => nodePlan(kind, domain, node));
  const users = usersOf(spec).map((user): MemberPlan => {
    const role = user === ADMIN ? "admin" : "client";
    return { folder: "users", name: `${user}@${domain}`, role, alternativeNames: [] };
  });
  return [...nodes, ...users];
}

function nodePlan(
  kind: "peer" | "orderer",
  domain: string,
  { hostname, extraSans = [] }: NodeSpec,
): MemberPlan {
  const label = hostname.endsWith(`.${domain}`) ? hostname.slice(0, -domain.length - 1) : hostname;
  const names = new Set([hostname, label, ...LOOPBACK_NAMES, ...extraSans]);
  return { folder: `${kind}s`, name: hostname, role: kind, alternativeNames: [...names] };
}

function usersOf(spec: OrganizationSpec): readonly string[] {
  return [...new Set([...spec.users.filter((user) => user !== ADMIN), ADMIN])];
}

async function createAuthorities(spec: OrganizationSpec): Promise<Authorities> {
  const organization = spec.domain;
  const create = (commonName: string): Promise<CertificateAuthority> =>
    CertificateAuthority.createRoot(spec, { commonName, organization });
  return { ca: await create(`ca.${organization}`), tlsCa: await create(`tlsca.${organization}`) };
}

async function writeAuthorities(
  directory: string,
  { domain }: OrganizationSpec,
  authorities: Authorities,
): Promise<void> {
  const { ca, tlsCa } = authorities;
  await writeFiles(directory, [
    [`ca/ca.${domain}-cert.pem`, ca.certificatePem],
    ["ca/priv_sk", ca.privateKeyPem, "private"],
    [`tlsca/tlsca.${domain}-cert.pem`, tlsCa.certificatePem],
    ["tlsca/priv_sk", tlsCa.privateKeyPem, "private"],
    ...publicMsp("msp", domain, authorities),
  ]);
}

async function writeMember(
  directory: string,
  domain: string,
  authorities: Authorities,
  member: MemberPlan,
): Promise<void> {
  const { name: commonName, role, alternativeNames } = member;
  const identity = await authorities.ca.issueIdentity({ commonName, organizationalUnits: [role] });
  const tls = await authorities.tlsCa.issueTls({ commonName, alternativeNames });
  await writeFiles(directory, [
    ...publicMsp("msp", domain, authorities),
    [`msp/signcerts/${commonName}-cert.pem`, identity.certificatePem],
    ["msp/keystore/priv_sk", identity.privateKeyPem, "private"],
    ...tlsFiles(tlsPrefix(role), tls, authorities.tlsCa),
  ]);
}

function publicMsp(
  folder: string,
  domain: string,
  { ca, tlsCa }: Authorities,
): readonly FileEntry[] {
  const authorityFile = `ca.${domain}-cert.pem`;
  return [
    [`${folder}/cacerts/${authorityFile}`, ca.certificatePem],
    [`${folder}/tlscacerts/tlsca.${domain}-cert.pem`, tlsCa.certificatePem],
    [`${folder}/config.yaml`, utf8(nodeOusFile(authorityFile))],
  ];
}

function tlsPrefix(role: NodeRole): string {
  return role === "peer" || role === "orderer" ? "server" : "client";
}

function tlsFiles(
  prefix: string,
  tls: IssuedCertificate,
  tlsCa: CertificateAuthority,
): readonly FileEntry[] {
  return [
    ["tls/ca.crt", tlsCa.certificatePem],
    [`tls/${prefix}.crt`, tls.certificatePem],
    [`tls/${prefix}.key`, tls.privateKeyPem, "private"],
  ];
}

type FileEntry = readonly [path: string, content: Uint8Array, visibility?: "private"];

async function writeFiles(directory: string, files: readonly FileEntry[]): Promise<void> {
  const folders = new Set(files.map(([path]) => dirname(join(directory, path))));
  await Promise.all([...folders].map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all(
    files.map(([path, content, visibility]) => {
      const mode = visibility === "private" ? 0o600 : 0o644;
      return writeFile(join(directory, path), content, { mode, flag: "wx" });
    }),
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function materialOf(directory: string, spec: OrganizationSpec): OrganizationMaterial {
  const { mspId, domain } = spec;
  const members = membersOf(spec).map((plan) => ({ plan, material: memberOf(directory, plan) }));
  const inUsers = (plan: MemberPlan): boolean => plan.folder === "users";
  return {
    mspId,
    domain,
    directory,
    mspDirectory: join(directory, "msp"),
    tlsCaCertificate: join(directory, "tlsca", `tlsca.${domain}-cert.pem`),
    nodes: members.filter(({ plan }) => !inUsers(plan)).map(({ material }) => material),
    users: members.filter(({ plan }) => inUsers(plan)).map(({ material }) => material),
  };
}

function memberOf(directory: string, { folder, name, role }: MemberPlan): MemberMaterial {
  const home = join(directory, folder, name);
  const tls = join(home, "tls");
  const prefix = tlsPrefix(role);
  return {
    name,
    mspDirectory: join(home, "msp"),
    tls: {
      ca: join(tls, "ca.crt"),
      certificate: join(tls, `${prefix}.crt`),
      key: join(tls, `${prefix}.key`),
    },
  };
}
