import { ACLs, AnchorPeers, Capabilities, MSPConfig, type ConfigGroup } from "../wire/index.ts";
import { readAcls } from "./acl.ts";
import { hasAcls, readCapabilities, type CapabilitySet } from "./capabilities.ts";
import { readValues } from "./config-values.ts";
import { invalidConfig } from "./errors.ts";
import type { MspRegistry } from "./msp-registry.ts";

/** A peer that other organisations' peers turn to first. */
export interface AnchorPeer {
  readonly host: string;
  readonly port: number;
}

/** An organisation that runs peers. */
export interface ApplicationOrganization {
  readonly name: string;
  readonly mspId: string;
  readonly anchorPeers: readonly AnchorPeer[];
}

/** The application group of a channel configuration. */
export interface ApplicationSection {
  readonly organizations: readonly ApplicationOrganization[];
  readonly capabilities: CapabilitySet;
  /** Absolute policy paths by resource, where they differ from Fabric's defaults. */
  readonly acls: ReadonlyMap<string, string>;
}

const VALUES = { ACLs, Capabilities };
const ORGANIZATION_VALUES = { MSP: MSPConfig, AnchorPeers };

/** Reads the group at `path` and adds its organisations' MSPs to `msps`. Throws `ChannelError`. */
export function readApplicationSection(
  path: string,
  group: ConfigGroup,
  msps: MspRegistry,
): ApplicationSection {
  const values = readValues(path, group, VALUES);
  const capabilities = readCapabilities(`${path}/Capabilities`, "application", values.Capabilities);
  if (values.ACLs !== undefined && !hasAcls(capabilities)) {
    throw invalidConfig(`${path}/ACLs`, "ACLs need application capability V1_2 or higher");
  }
  const organizations = [...group.groups].map(([name, organization]) =>
    readOrganization(`${path}/${name}`, name, organization, msps),
  );
  return { organizations, capabilities, acls: readAcls(values.ACLs) };
}

function readOrganization(
  path: string,
  name: string,
  group: ConfigGroup,
  msps: MspRegistry,
): ApplicationOrganization {
  if (group.groups.size > 0) throw invalidConfig(path, "an organisation has no sub-groups");
  const values = readValues(path, group, ORGANIZATION_VALUES);
  const { mspId } = msps.add(`${path}/MSP`, values.MSP);
  const anchorPeers = values.AnchorPeers?.anchorPeers ?? [];
  return { name, mspId, anchorPeers: anchorPeers.map(({ host, port }) => ({ host, port })) };
}
