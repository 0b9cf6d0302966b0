/** `network.json`: what a network's folder holds. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { z } from "zod";
import { NetworkError } from "./errors.ts";
import type { NetworkLayout } from "./layout.ts";
import {
  ORDERER_COUNT_MAX,
  PEER_COUNT_PER_ORGANIZATION_MAX,
  PORT_OFFSET_MAX,
  type TopologyOptions,
} from "./topology.ts";

/** Raised when the folder's layout changes so that an older program could not run it. */
const FORMAT_VERSION = 1;

const schema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  ordererCount: z.number().int().min(1).max(ORDERER_COUNT_MAX),
  peerCountPerOrganization: z.number().int().min(1).max(PEER_COUNT_PER_ORGANIZATION_MAX),
  portOffset: z.number().int().min(0).max(PORT_OFFSET_MAX),
});

export type FolderState =
  | { readonly kind: "absent" }
  | { readonly kind: "network"; readonly options: TopologyOptions }
  | { readonly kind: "foreign" };

/** What the folder holds. Rejects when it is a network that this program cannot read. */
export async function readFolder(layout: NetworkLayout): Promise<FolderState> {
  const text = await readFile(layout.manifest, "utf8").catch(() => undefined);
  if (text !== undefined) return { kind: "network", options: parse(layout, text) };
  const entries = await readdir(layout.directory).catch(() => []);
  return entries.length === 0 ? { kind: "absent" } : { kind: "foreign" };
}

export async function writeManifest(path: string, options: TopologyOptions): Promise<void> {
  const { ordererCount, peerCountPerOrganization, portOffset } = options;
  const manifest = {
    formatVersion: FORMAT_VERSION,
    ordererCount,
    peerCountPerOrganization,
    portOffset,
  };
  await writeFile(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function parse(layout: NetworkLayout, text: string): TopologyOptions {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join(".")}: ${message}`,
  )[0];
  throw new NetworkError(
    "unusable folder",
    `${layout.manifest} is damaged or of another version (${problem ?? "unreadable"}); restore it, or start afresh with \`heddle reset\``,
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
