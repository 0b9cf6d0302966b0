import { readFileSync } from "node:fs";
import { configOfBlock, type ChannelProfile } from "../../../src/channel/index.ts";
import {
  Block,
  ConsensusType,
  EtcdraftConfigMetadata,
  FabricMSPConfig,
  MSPConfig,
  create,
  decode,
  encode,
  openEnvelope,
  timestampToMs,
  type Config,
  type ConfigGroup,
  type MessageType,
  type OpenedEnvelope,
  type Partially,
} from "../../../src/wire/index.ts";

const FIXTURES = new URL("../../fixtures/fabric-blocks/", import.meta.url);

/** A block that real Fabric orderers wrote, such as `ch1-genesis.block`. */
export function fabricBlock(name: string): Block {
  return decode(Block, new Uint8Array(readFileSync(new URL(name, FIXTURES))));
}

/** The first block of channel `ch1`, which Fabric's own tools made. */
export function genesisBlock(): Block {
  return fabricBlock("ch1-genesis.block");
}

/** The configuration of channel `ch1`, in fresh objects, changed by `change`. */
export function configWith(change: (root: ConfigGroup) => void = () => undefined): Config {
  const config = configOfBlock(genesisBlock());
  change(config.channelGroup!);
  return config;
}

/** The group that `names` lead to. */
export function groupAt(root: ConfigGroup, ...names: readonly string[]): ConfigGroup {
  return names.reduce((group, name) => group.groups.get(name)!, root);
}

/** Puts a value of the given content into `group`. */
export function setValue<T>(
  group: ConfigGroup,
  key: string,
  type: MessageType<T>,
  fields: Partially<T>,
): void {
  const value = encode(type, create(type, fields));
  group.values.set(key, { version: 0, value, modPolicy: "Admins" });
}

/** The decoded value of `key` in `group`. */
export function valueOf<T>(group: ConfigGroup, key: string, type: MessageType<T>): T {
  return decode(type, group.values.get(key)!.value);
}

/** The layers of the one envelope of a block. */
export function openBlock(block: Block): OpenedEnvelope {
  const reading = openEnvelope(block.data!.data[0]!);
  if (reading.kind === "malformed") throw new Error(reading.defect);
  return reading.opened;
}

/** The MSP of the organisation in `group`. */
export function mspOf(group: ConfigGroup): FabricMSPConfig {
  return decode(FabricMSPConfig, valueOf(group, "MSP", MSPConfig).config);
}

/** A profile that describes channel `ch1` as its first block does. */
export function profileOfGenesis(): ChannelProfile {
  const { channelHeader, signatureHeader } = openBlock(genesisBlock());
  const root = configWith().channelGroup!;
  const consensus = valueOf(groupAt(root, "Orderer"), "ConsensusType", ConsensusType);
  const { consenters } = decode(EtcdraftConfigMetadata, consensus.metadata);
  return {
    channelId: "ch1",
    batchSize: { messageCountMax: 2, absoluteBytesMax: 65_536, preferredBytesMax: 8_192 },
    batchTimeoutMs: 500,
    raftOptions: raftOptionsOf(consensus),
    consenters: consenters.map(({ host, port, clientTlsCert, serverTlsCert }) => {
      return { host, port, clientTlsCertPem: clientTlsCert, serverTlsCertPem: serverTlsCert };
    }),
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: "OrdererMSP",
        msp: mspOf(groupAt(root, "Orderer", "OrdererOrg")),
        endpoints: ["127.0.0.1:17051", "127.0.0.1:17052", "127.0.0.1:17053"],
      },
    ],
    applicationOrganizations: [
      {
        name: "Org1",
        mspId: "Org1MSP",
        msp: mspOf(groupAt(root, "Application", "Org1")),
        anchorPeers: [],
      },
    ],
    nonce: signatureHeader.nonce,
    timestampMs: timestampToMs(channelHeader.timestamp!),
  };
}

function raftOptionsOf(consensus: ConsensusType): ChannelProfile["raftOptions"] {
  const options = decode(EtcdraftConfigMetadata, consensus.metadata).options!;
  return {
    tickIntervalMs: Number.parseInt(options.tickInterval),
    electionTicks: options.electionTick,
    heartbeatTicks: options.heartbeatTick,
    inflightBlocksMax: options.maxInflightBlocks,
    snapshotIntervalBytes: options.snapshotIntervalSize,
  };
}
