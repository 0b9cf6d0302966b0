import {
  BatchSize as BatchSizeMessage,
  BatchTimeout,
  Capabilities,
  ChannelRestrictions,
  ConsensusType,
  ConsensusType_State,
  KafkaBrokers,
  MSPConfig,
  OrdererAddresses,
  Orderers,
  type ConfigGroup,
} from "../wire/index.ts";
import { hasOrganizationEndpoints, readCapabilities, type CapabilitySet } from "./capabilities.ts";
import { readValues } from "./config-values.ts";
import { parseDuration } from "./duration.ts";
import { invalidConfig } from "./errors.ts";
import type { MspRegistry } from "./msp-registry.ts";
import { readRaftMetadata, type RaftConsenter, type RaftOptions } from "./raft-metadata.ts";

/** Where a block ends. Invariant: all positive, `preferredBytesMax <= absoluteBytesMax`. */
export interface BatchSize {
  readonly messageCountMax: number;
  /** No single message may be larger. */
  readonly absoluteBytesMax: number;
  /** A block is cut before it would grow beyond this; a larger message gets a block of its own. */
  readonly preferredBytesMax: number;
}

/** An organisation that runs orderers. */
export interface OrdererOrganization {
  readonly name: string;
  readonly mspId: string;
  /** `host:port` of its orderers for clients, as configured; may be empty. */
  readonly endpoints: readonly string[];
  /** TLS root and intermediate certificates, PEM. */
  readonly tlsRootsPem: readonly Uint8Array[];
}

/** The orderer group of a channel configuration. */
export interface OrdererSection {
  readonly batchSize: BatchSize;
  /** Positive, possibly a fraction; up to 292 years. */
  readonly batchTimeoutMs: number;
  /** `etcdraft`, or a name that this program cannot order for. */
  readonly consensusType: string;
  /** Empty unless the consensus type is `etcdraft`. */
  readonly consenters: readonly RaftConsenter[];
  /** Present if and only if the consensus type is `etcdraft`. */
  readonly raftOptions: RaftOptions | undefined;
  /** In maintenance, only orderer administrators may send, and only configuration updates. */
  readonly state: "normal" | "maintenance";
  readonly organizations: readonly OrdererOrganization[];
  readonly capabilities: CapabilitySet;
}

/** The consensus type of channels that Raft orders. */
export const CONSENSUS_TYPE_RAFT = "etcdraft";

const VALUES = {
  BatchSize: BatchSizeMessage,
  BatchTimeout,
  Capabilities,
  ChannelRestrictions,
  ConsensusType,
  KafkaBrokers,
  Orderers,
};

const ORGANIZATION_VALUES = { MSP: MSPConfig, Endpoints: OrdererAddresses };

/** Reads the group at `path` and adds its organisations' MSPs to `msps`. Throws `ChannelError`. */
export function readOrdererSection(
  path: string,
  group: ConfigGroup,
  channelCapabilities: CapabilitySet,
  msps: MspRegistry,
): OrdererSection {
  const values = readValues(path, group, VALUES);
  const capabilities = readCapabilities(`${path}/Capabilities`, "orderer", values.Capabilities);
  const organizations = [...group.groups].map(([name, organization]) =>
    readOrganization(`${path}/${name}`, name, organization, channelCapabilities, msps),
  );
  return {
    batchSize: readBatchSize(`${path}/BatchSize`, values.BatchSize),
    batchTimeoutMs: readBatchTimeout(`${path}/BatchTimeout`, values.BatchTimeout),
    ...readConsensus(`${path}/ConsensusType`, values.ConsensusType),
    organizations,
    capabilities,
  };
}

function readBatchSize(path: string, message: BatchSizeMessage | undefined): BatchSize {
  const size = {
    messageCountMax: message?.maxMessageCount ?? 0,
    absoluteBytesMax: message?.absoluteMaxBytes ?? 0,
    preferredBytesMax: message?.preferredMaxBytes ?? 0,
  };
  for (const [name, value] of Object.entries(size)) {
    if (value === 0) throw invalidConfig(path, `${name} must be greater than zero`);
  }
  if (size.preferredBytesMax > size.absoluteBytesMax) {
    throw invalidConfig(
      path,
      `preferredBytesMax ${size.preferredBytesMax} exceeds absoluteBytesMax ${size.absoluteBytesMax}`,
    );
  }
  return size;
}

function readBatchTimeout(path: string, message: BatchTimeout | undefined): number {
  const text = message?.timeout ?? "";
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined && timeoutMs > 0) return timeoutMs;
  const shown = JSON.stringify(text.slice(0, 64));
  throw invalidConfig(path, `batch timeout ${shown} is not a positive duration, such as "2s"`);
}

type Consensus = Pick<OrdererSection, "consensusType" | "consenters" | "raftOptions" | "state">;

function readConsensus(path: string, message: ConsensusType | undefined): Consensus {
  const consensusType = message?.type ?? "";
  if (message === undefined || consensusType === "") {
    throw invalidConfig(path, "the consensus type is missing");
  }
  const state = readState(path, message.state);
  if (consensusType !== CONSENSUS_TYPE_RAFT) {
    return { consensusType, consenters: [], raftOptions: undefined, state };
  }
  const { consenters, options } = readRaftMetadata(path, message.metadata);
  return { consensusType, consenters, raftOptions: options, state };
}

function readState(path: string, state: ConsensusType_State): "normal" | "maintenance" {
  switch (state) {
    case ConsensusType_State.STATE_NORMAL:
      return "normal";
    case ConsensusType_State.STATE_MAINTENANCE:
      return "maintenance";
    case ConsensusType_State.UNRECOGNIZED:
  }
  throw invalidConfig(path, `consensus state ${state} is unknown`);
}

function readOrganization(
  path: string,
  name: string,
  group: ConfigGroup,
  channelCapabilities: CapabilitySet,
  msps: MspRegistry,
): OrdererOrganization {
  if (group.groups.size > 0) throw invalidConfig(path, "an organisation has no sub-groups");
  const values = readValues(path, group, ORGANIZATION_VALUES);
  if (values.Endpoints !== undefined && !hasOrganizationEndpoints(channelCapabilities)) {
    throw invalidConfig(`${path}/Endpoints`, "endpoints need channel capability V1_4_2 or higher");
  }
  const { mspId, tlsRootsPem } = msps.add(`${path}/MSP`, values.MSP);
  return { name, mspId, endpoints: values.Endpoints?.addresses ?? [], tlsRootsPem };
}
