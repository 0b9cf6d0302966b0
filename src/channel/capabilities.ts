import type { Capabilities } from "../wire/index.ts";
import { ChannelError } from "./errors.ts";

/** The names of the features that all nodes concerned must have. Higher ones include lower ones. */
export type CapabilitySet = ReadonlySet<string>;

/** Who must have a capability: every node, orderers, or peers. */
export type CapabilityLevel = "channel" | "orderer" | "application";

// V3_0 of the channel level stands for byzantine fault tolerant ordering and Ed25519 identities.
const SUPPORTED: Readonly<Record<CapabilityLevel, CapabilitySet>> = {
  channel: new Set(["V1_1", "V1_3", "V1_4_2", "V1_4_3", "V2_0"]),
  orderer: new Set(["V1_1", "V1_4_2", "V2_0"]),
  application: new Set([
    "V1_1",
    "V1_1_PVTDATA_EXPERIMENTAL",
    "V1_1_RESOURCETREE_EXPERIMENTAL",
    "V1_2",
    "V1_3",
    "V1_4_2",
    "V2_0",
    "V2_5",
  ]),
};

const FROM_V1_4_2 = ["V1_4_2", "V1_4_3", "V2_0"];
const WITH_ACLS = ["V1_2", "V1_3", "V1_4_2", "V2_0", "V2_5"];

/**
 * The capabilities of a level; a level that names none has none.
 * Throws `ChannelError` ("unsupported-capability") with all names that are not supported.
 */
export function readCapabilities(
  path: string,
  level: CapabilityLevel,
  message: Capabilities | undefined,
): CapabilitySet {
  const names = new Set(message?.capabilities.keys() ?? []);
  const missing = [...names].filter((name) => !SUPPORTED[level].has(name));
  if (missing.length === 0) return names;
  throw new ChannelError(
    "unsupported-capability",
    `${path}: ${level} capability ${missing.slice(0, 8).join(", ")} is required but not supported, supported are ${[...SUPPORTED[level]].join(", ")}`,
    { data: { path, level, missing: missing.slice(0, 8) } },
  );
}

/** Fabric: from V1_4_2 on each orderer organisation may list its endpoints, and the channel need not list any. */
export function hasOrganizationEndpoints(channel: CapabilitySet): boolean {
  return FROM_V1_4_2.some((name) => channel.has(name));
}

/** Fabric: from V1_4_2 on, of the channel or of the orderers, the consensus type may change, in maintenance. */
export function hasConsensusMigration(capabilities: CapabilitySet): boolean {
  return FROM_V1_4_2.some((name) => capabilities.has(name));
}

/** Fabric: from V1_2 on the application group may have access control lists. */
export function hasAcls(application: CapabilitySet): boolean {
  return WITH_ACLS.some((name) => application.has(name));
}
