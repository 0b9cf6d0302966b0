/** `network.json`: what a network's folder holds. */
import { open, readFile, readdir, rename } from "node:fs/promises";
import { z } from "zod";
import { errorMessage } from "../kernel/error.ts";
import { NetworkError } from "./errors.ts";
import type { NetworkLayout } from "./layout.ts";
import { SUBNET_MAX } from "./namespace-plan.ts";
import {
  ORDERER_COUNT_MAX,
  ORGANIZATION_NAME,
  PEER_COUNT_PER_ORGANIZATION_MAX,
  PORT_OFFSET_MAX,
  type TopologyOptions,
} from "./topology.ts";

/** Raised when the folder's layout changes so that an older program could not run it. */
const FORMAT_VERSION = 1;

/** More peers, and organisations, than a machine has room for; a manifest with more is refused. */
const ADDED_PEERS_MAX = 64;

const port = z.number().int().min(1).max(65_535);
const addedPeer = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,200}$/),
  organization: z.string().min(1),
  port,
  chaincodePort: port,
  operationsPort: port,
});

const addedOrderer = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,200}$/),
  port,
  adminPort: port,
  operationsPort: port,
});

const schema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  ordererCount: z.number().int().min(1).max(ORDERER_COUNT_MAX),
  peerCountPerOrganization: z.number().int().min(1).max(PEER_COUNT_PER_ORGANIZATION_MAX),
  portOffset: z.number().int().min(0).max(PORT_OFFSET_MAX),
  addedOrganizations: z.array(z.string().regex(ORGANIZATION_NAME)).max(ADDED_PEERS_MAX).default([]),
  addedPeers: z.array(addedPeer).max(ADDED_PEERS_MAX).default([]),
  removedPeers: z.array(z.string()).default([]),
  addedOrderers: z.array(addedOrderer).max(ORDERER_COUNT_MAX).default([]),
  removedOrderers: z.array(z.string()).default([]),
  namespaceSubnet: z.number().int().min(1).max(SUBNET_MAX).exactOptional(),
});

export type FolderState =
  | { readonly kind: "absent" }
  | { readonly kind: "network"; readonly options: TopologyOptions }
  | { readonly kind: "foreign" };

/** What the folder holds. Rejects when it is a network that this program cannot read. */
export async function readFolder(layout: NetworkLayout): Promise<FolderState> {
  const text = await readFile(layout.manifest, "utf8").catch(() => undefined);
  if (text !== undefined) return { kind: "network", options: parse(layout, text) };
  const entries = await entriesOf(layout.directory);
  return entries.length === 0 ? { kind: "absent" } : { kind: "foreign" };
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return [];
    throw new NetworkError(
      "unusable folder",
      `${directory} cannot be read as a folder (${errorMessage(cause)}); choose another with --dir`,
      { data: { directory }, cause },
    );
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Replaces the manifest: a crash leaves the old one or the new one. */
export async function writeManifest(path: string, options: TopologyOptions): Promise<void> {
  const manifest = { formatVersion: FORMAT_VERSION, ...options };
  const partial = `${path}.partial`;
  const file = await open(partial, "w");
  try {
    await file.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}

function parse(layout: NetworkLayout, text: string): TopologyOptions {
  const document = parseJson(text);
  if (document === undefined) throw damaged(layout, "it is not JSON");
  const parsed = schema.safeParse(document);
  if (parsed.success) return optionsOf(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) =>
    [path.map(String).join("."), message].filter((part) => part !== "").join(": "),
  );
  throw damaged(layout, problems.join("; "));
}

function optionsOf(manifest: z.infer<typeof schema>): TopologyOptions {
  const { ordererCount, peerCountPerOrganization, portOffset } = manifest;
  const { addedOrganizations, addedPeers, removedPeers, addedOrderers, removedOrderers } = manifest;
  const { namespaceSubnet } = manifest;
  return {
    ...{ ordererCount, peerCountPerOrganization, portOffset },
    ...{ addedOrganizations, addedPeers, removedPeers, addedOrderers, removedOrderers },
    ...(namespaceSubnet === undefined ? {} : { namespaceSubnet }),
  };
}

// No command removes what it cannot read: the folder may be anybody's.
function damaged(layout: NetworkLayout, problem: string): NetworkError {
  return new NetworkError(
    "unusable folder",
    `${layout.manifest} is damaged or of another version (${problem}); restore it, or remove ${layout.directory} and start afresh with \`heddle up\``,
    { data: { path: layout.manifest } },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
