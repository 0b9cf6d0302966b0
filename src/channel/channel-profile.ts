import type { FabricMSPConfig } from "../wire/index.ts";
import type { AnchorPeer } from "./application-section.ts";
import type { BatchSize } from "./orderer-section.ts";
import type { RaftConsenter, RaftOptions } from "./raft-metadata.ts";

/** What an organisation brings into a new channel. */
export interface OrganizationProfile {
  /** The name of its group: letters, digits, "." and "-". Often the MSP id. */
  readonly name: string;
  readonly mspId: string;
  /** Its MSP without a signer; `msp.name` is `mspId`. */
  readonly msp: FabricMSPConfig;
}

/** An organisation that runs orderers; `endpoints` are `host:port` for clients. */
export interface OrdererOrganizationProfile extends OrganizationProfile {
  readonly endpoints: readonly string[];
}

/** An organisation that runs peers. */
export interface ApplicationOrganizationProfile extends OrganizationProfile {
  readonly anchorPeers: readonly AnchorPeer[];
}

/** The highest capability of each level. */
export interface CapabilityProfile {
  readonly channel: string;
  readonly orderer: string;
  readonly application: string;
}

/** Everything in the first block of a channel ordered by Raft. Equal profiles give equal blocks. */
export interface ChannelProfile {
  readonly channelId: string;
  readonly batchSize: BatchSize;
  readonly batchTimeoutMs: number;
  readonly raftOptions: RaftOptions;
  /** In the order of their Raft ids, from 1. */
  readonly consenters: readonly RaftConsenter[];
  readonly ordererOrganizations: readonly OrdererOrganizationProfile[];
  readonly applicationOrganizations: readonly ApplicationOrganizationProfile[];
  /** Addresses without an owner, for clients that know no endpoints of organisations. Default: none. */
  readonly ordererAddresses?: readonly string[];
  /** Policies by resource, where they differ from Fabric's defaults. Default: none. */
  readonly acls?: ReadonlyMap<string, string>;
  /** Default: V2_0, V2_0 and V2_5. */
  readonly capabilities?: CapabilityProfile;
  /** Makes the channel's first block its own; Fabric's are 24 random bytes. */
  readonly nonce: Uint8Array;
  /** Milliseconds since 1970; written in whole seconds. */
  readonly timestampMs: number;
}

/** What `ChannelProfile.capabilities` is when left out. */
export const CAPABILITY_PROFILE_DEFAULT: CapabilityProfile = {
  channel: "V2_0",
  orderer: "V2_0",
  application: "V2_5",
};

/** Fabric's values for `raftOptions`. */
export const RAFT_OPTIONS_DEFAULT: RaftOptions = {
  tickIntervalMs: 500,
  electionTicks: 10,
  heartbeatTicks: 1,
  inflightBlocksMax: 5,
  snapshotIntervalBytes: 16 * 1024 * 1024,
};

/** Fabric's values for `batchSize`; its `batchTimeoutMs` is 2000. */
export const BATCH_SIZE_DEFAULT: BatchSize = {
  messageCountMax: 500,
  absoluteBytesMax: 10 * 1024 * 1024,
  preferredBytesMax: 2 * 1024 * 1024,
};
