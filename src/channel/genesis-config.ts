import { compareUtf8 } from "../kernel/bytes.ts";
import {
  ACLs,
  AnchorPeers,
  BatchSize,
  BatchTimeout,
  BlockDataHashingStructure,
  Capabilities,
  ChannelRestrictions,
  ConsensusType,
  ConsensusType_State,
  EtcdraftConfigMetadata,
  FabricMSPConfig,
  HashingAlgorithm,
  MSPConfig,
  OrdererAddresses,
  encode,
  type ConfigGroup,
  type ConfigPolicy,
  type ConfigValue,
  type MessageType,
} from "../wire/index.ts";
import {
  CAPABILITY_PROFILE_DEFAULT,
  type ApplicationOrganizationProfile,
  type ChannelProfile,
  type OrdererOrganizationProfile,
  type OrganizationProfile,
} from "./channel-profile.ts";
import { formatDuration } from "./duration.ts";
import { CONSENSUS_TYPE_RAFT } from "./orderer-section.ts";
import {
  APPLICATION_POLICIES,
  CHANNEL_POLICIES,
  ORDERER_POLICIES,
  applicationOrganizationPolicies,
  ordererOrganizationPolicies,
  type Policies,
} from "./standard-policies.ts";

const ADMINS = "Admins";
const ORDERER_ADMINS = "/Channel/Orderer/Admins";
const MSP_TYPE_FABRIC = 0;

/** The configuration tree of a new channel, as Fabric's tools write it; all versions 0, every map sorted. */
export function genesisGroup(profile: ChannelProfile): ConfigGroup {
  const capabilities = profile.capabilities ?? CAPABILITY_PROFILE_DEFAULT;
  const addresses = [...(profile.ordererAddresses ?? [])];
  return group({
    policies: CHANNEL_POLICIES,
    groups: {
      Application: applicationGroup(profile, capabilities.application),
      Orderer: ordererGroup(profile, capabilities.orderer),
    },
    values: {
      BlockDataHashingStructure: value(BlockDataHashingStructure, { width: 0xffff_ffff }),
      Capabilities: capability(capabilities.channel),
      HashingAlgorithm: value(HashingAlgorithm, { name: "SHA256" }),
      ...(addresses.length > 0 && {
        OrdererAddresses: value(OrdererAddresses, { addresses }, ORDERER_ADMINS),
      }),
    },
  });
}

function ordererGroup(profile: ChannelProfile, capabilityName: string): ConfigGroup {
  const { messageCountMax, absoluteBytesMax, preferredBytesMax } = profile.batchSize;
  return group({
    policies: ORDERER_POLICIES,
    groups: byName(profile.ordererOrganizations, ordererOrganization),
    values: {
      BatchSize: value(BatchSize, {
        maxMessageCount: messageCountMax,
        absoluteMaxBytes: absoluteBytesMax,
        preferredMaxBytes: preferredBytesMax,
      }),
      BatchTimeout: value(BatchTimeout, { timeout: formatDuration(profile.batchTimeoutMs) }),
      Capabilities: capability(capabilityName),
      ChannelRestrictions: value(ChannelRestrictions, { maxCount: 0 }),
      ConsensusType: value(ConsensusType, {
        type: CONSENSUS_TYPE_RAFT,
        metadata: raftMetadata(profile),
        state: ConsensusType_State.STATE_NORMAL,
      }),
    },
  });
}

function raftMetadata({ consenters, raftOptions }: ChannelProfile): Uint8Array {
  return encode(EtcdraftConfigMetadata, {
    consenters: consenters.map(({ host, port, clientTlsCertPem, serverTlsCertPem }) => {
      return { host, port, clientTlsCert: clientTlsCertPem, serverTlsCert: serverTlsCertPem };
    }),
    options: {
      tickInterval: formatDuration(raftOptions.tickIntervalMs),
      electionTick: raftOptions.electionTicks,
      heartbeatTick: raftOptions.heartbeatTicks,
      maxInflightBlocks: raftOptions.inflightBlocksMax,
      snapshotIntervalSize: raftOptions.snapshotIntervalBytes,
    },
  });
}

function ordererOrganization(organization: OrdererOrganizationProfile): ConfigGroup {
  const addresses = [...organization.endpoints];
  return group({
    policies: ordererOrganizationPolicies(organization.mspId),
    values: {
      MSP: mspValue(organization),
      ...(addresses.length > 0 && { Endpoints: value(OrdererAddresses, { addresses }) }),
    },
  });
}

function applicationGroup(profile: ChannelProfile, capabilityName: string): ConfigGroup {
  const acls = sortedEntries([...(profile.acls ?? [])]).map(
    ([resource, policyRef]) => [resource, { policyRef }] as const,
  );
  return group({
    policies: APPLICATION_POLICIES,
    groups: byName(profile.applicationOrganizations, applicationOrganization),
    values: {
      Capabilities: capability(capabilityName),
      ...(acls.length > 0 && { ACLs: value(ACLs, { acls: new Map(acls) }) }),
    },
  });
}

/** An organisation as a channel's Application group holds it. */
export function applicationOrganization(organization: ApplicationOrganizationProfile): ConfigGroup {
  const anchorPeers = organization.anchorPeers.map(({ host, port }) => ({ host, port }));
  return group({
    policies: applicationOrganizationPolicies(organization.mspId),
    values: {
      MSP: mspValue(organization),
      ...(anchorPeers.length > 0 && { AnchorPeers: value(AnchorPeers, { anchorPeers }) }),
    },
  });
}

function mspValue({ msp }: OrganizationProfile): ConfigValue {
  return value(MSPConfig, { type: MSP_TYPE_FABRIC, config: encode(FabricMSPConfig, msp) });
}

function capability(name: string): ConfigValue {
  return value(Capabilities, { capabilities: new Map([[name, {}]]) });
}

function value<T>(type: MessageType<T>, message: T, modPolicy: string = ADMINS): ConfigValue {
  return { version: 0, value: encode(type, message), modPolicy };
}

function group(parts: {
  readonly policies: Policies;
  readonly values: Readonly<Record<string, ConfigValue>>;
  readonly groups?: Readonly<Record<string, ConfigGroup>>;
}): ConfigGroup {
  const policies = sortedEntries(Object.entries(parts.policies)).map(
    ([name, policy]): [string, ConfigPolicy] => [name, { version: 0, policy, modPolicy: ADMINS }],
  );
  return {
    version: 0,
    groups: new Map(sortedEntries(Object.entries(parts.groups ?? {}))),
    values: new Map(sortedEntries(Object.entries(parts.values))),
    policies: new Map(policies),
    modPolicy: ADMINS,
  };
}

function byName<Profile extends OrganizationProfile>(
  profiles: readonly Profile[],
  build: (profile: Profile) => ConfigGroup,
): Readonly<Record<string, ConfigGroup>> {
  return Object.fromEntries(profiles.map((profile) => [profile.name, build(profile)]));
}

function sortedEntries<Value>(entries: readonly [string, Value][]): readonly [string, Value][] {
  return entries.toSorted(([a], [b]) => compareUtf8(a, b));
}
