import { errorMessage } from "../kernel/error.ts";
import { MspCache, type MspManager } from "../msp/index.ts";
import { PolicyManager, type Policy } from "../policy/index.ts";
import type { Block, Config, ConfigGroup, SignaturePolicyEnvelope } from "../wire/index.ts";
import { aclPolicyPath } from "./acl.ts";
import { readApplicationSection, type ApplicationSection } from "./application-section.ts";
import type { CapabilitySet } from "./capabilities.ts";
import { readChannelSection } from "./channel-section.ts";
import { channelIdOfBlock, configOfBlock } from "./config-block.ts";
import { CHANNEL_PATH, checkTree } from "./config-tree.ts";
import { invalidConfig } from "./errors.ts";
import { MspRegistry } from "./msp-registry.ts";
import { isChannelId } from "./names.ts";
import { readOrdererSection, type OrdererSection } from "./orderer-section.ts";

/** Where clients and peers reach an orderer. */
export interface OrdererEndpoint {
  /** `host:port`, as configured. */
  readonly address: string;
  /** Empty for an address that the channel lists without saying whose it is. */
  readonly mspId: string;
  /** PEM; the organisation's own, or those of all orderer organisations. */
  readonly tlsRootsPem: readonly Uint8Array[];
}

interface Sections {
  readonly capabilities: CapabilitySet;
  readonly ordererAddresses: readonly string[];
  readonly orderer: OrdererSection;
  readonly application: ApplicationSection;
  readonly mspManager: MspManager;
  readonly policies: PolicyManager;
}

/** The configuration of a channel at one point of its history, read and checked. Immutable. */
export class ChannelConfig {
  readonly channelId: string;
  /** Counts configuration updates, from 0. */
  readonly sequence: number;
  readonly config: Config;
  readonly capabilities: CapabilitySet;
  readonly orderer: OrdererSection;
  readonly application: ApplicationSection;
  /** The MSPs of all organisations, orderers' and peers'. */
  readonly mspManager: MspManager;
  readonly #ordererAddresses: readonly string[];
  readonly #policies: PolicyManager;
  readonly #msps: MspCache;

  private constructor(channelId: string, config: Config, sections: Sections, msps: MspCache) {
    this.#msps = msps;
    this.channelId = channelId;
    this.sequence = config.sequence;
    this.config = config;
    this.capabilities = sections.capabilities;
    this.orderer = sections.orderer;
    this.application = sections.application;
    this.mspManager = sections.mspManager;
    this.#ordererAddresses = sections.ordererAddresses;
    this.#policies = sections.policies;
  }

  /**
   * Reads a configuration, which must not change afterwards: it is kept, and so are views into its bytes.
   * Throws `ChannelError` ("invalid-config" with the path of what is wrong, "unsupported-capability").
   * `msps` opens its organisations, and has those that it opened before.
   */
  static parse(channelId: string, config: Config, msps: MspCache = new MspCache()): ChannelConfig {
    if (!isChannelId(channelId)) {
      const shown = JSON.stringify(channelId.slice(0, 64));
      throw invalidConfig(
        CHANNEL_PATH,
        `channel id ${shown} is not allowed, use a-z, 0-9, "." and "-"`,
      );
    }
    const root = config.channelGroup;
    if (root === undefined) throw invalidConfig(CHANNEL_PATH, "the channel group is missing");
    return new ChannelConfig(channelId, config, readSections(root, msps), msps);
  }

  /** Reads the configuration in a config block. Throws `ChannelError` ("malformed-block", and as `parse`). */
  static fromBlock(block: Block, msps?: MspCache): ChannelConfig {
    return ChannelConfig.parse(channelIdOfBlock(block), configOfBlock(block), msps);
  }

  /** As `parse`, of a configuration that may follow this one: organisations that stay as they are stay open. */
  successor(config: Config): ChannelConfig {
    return ChannelConfig.parse(this.channelId, config, this.#msps);
  }

  /** As `fromBlock`, of a block that came after this configuration. */
  successorIn(block: Block): ChannelConfig {
    return ChannelConfig.fromBlock(block, this.#msps);
  }

  /** The policy at an absolute path such as `/Channel/Application/Admins`; `undefined` when there is none. */
  policy(path: string): Policy | undefined {
    return path.startsWith("/") ? this.#policies.policy(path) : undefined;
  }

  /** A signature policy that asks for the same signatures as the policy at `path`: for planning, not for judging. */
  signaturePolicy(path: string): SignaturePolicyEnvelope | undefined {
    return path.startsWith("/") ? this.#policies.signaturePolicy(path) : undefined;
  }

  /** Fabric: the endpoints of the orderer organisations; only if none lists any, the addresses of the channel. */
  ordererEndpoints(): readonly OrdererEndpoint[] {
    const { organizations } = this.orderer;
    const own = organizations.flatMap(({ endpoints, mspId, tlsRootsPem }) =>
      endpoints.map((address) => ({ address, mspId, tlsRootsPem })),
    );
    if (own.length > 0) return own;
    const tlsRootsPem = organizations.flatMap((organization) => organization.tlsRootsPem);
    return this.#ordererAddresses.map((address) => ({ address, mspId: "", tlsRootsPem }));
  }

  /**
   * The path of the policy that guards a resource such as `event/Block` or `qscc/GetChainInfo`: Fabric's default or
   * the channel's own choice. Empty, where no policy is found, for a resource that no channel policy guards.
   */
  aclPolicyPath(resource: string): string {
    return aclPolicyPath(this.application.acls, resource);
  }
}

function readSections(root: ConfigGroup, cache: MspCache): Sections {
  checkTree(root);
  const { orderer, application } = subGroups(root);
  checkCapabilityOrder(root, orderer, application);
  const channel = readChannelSection(CHANNEL_PATH, root);
  const msps = new MspRegistry(cache);
  const ordererPath = `${CHANNEL_PATH}/Orderer`;
  return {
    ...channel,
    orderer: readOrdererSection(ordererPath, orderer, channel.capabilities, msps),
    application: readApplicationSection(`${CHANNEL_PATH}/Application`, application, msps),
    mspManager: msps.manager(),
    policies: compilePolicies(root),
  };
}

function subGroups(root: ConfigGroup): {
  readonly orderer: ConfigGroup;
  readonly application: ConfigGroup;
} {
  for (const name of root.groups.keys()) {
    if (name === "Orderer" || name === "Application") continue;
    throw invalidConfig(
      `${CHANNEL_PATH}/${name}`,
      "group is not allowed in an application channel",
    );
  }
  const orderer = root.groups.get("Orderer");
  const application = root.groups.get("Application");
  if (orderer === undefined) throw invalidConfig(`${CHANNEL_PATH}/Orderer`, "group is missing");
  if (application === undefined) {
    throw invalidConfig(`${CHANNEL_PATH}/Application`, "group is missing");
  }
  return { orderer, application };
}

// Fabric: orderers decide what is ordered, so nobody may rely on a capability before they have any.
function checkCapabilityOrder(
  root: ConfigGroup,
  orderer: ConfigGroup,
  application: ConfigGroup,
): void {
  const key = "Capabilities";
  if (orderer.values.has(key)) return;
  if (!root.values.has(key) && !application.values.has(key)) return;
  throw invalidConfig(
    `${CHANNEL_PATH}/Orderer/${key}`,
    "cannot enable channel or application capabilities without orderer support first",
  );
}

function compilePolicies(root: ConfigGroup): PolicyManager {
  try {
    return PolicyManager.compile(CHANNEL_PATH, root);
  } catch (error) {
    throw invalidConfig(CHANNEL_PATH, errorMessage(error), error);
  }
}
