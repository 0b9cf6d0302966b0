import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/kernel/bytes.ts";
import {
  BLOCK_METADATA,
  BatchSize,
  Block,
  Capabilities,
  ChannelHeader,
  ConfigEnvelope,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  ConsensusType,
  Envelope,
  EtcdraftBlockMetadata,
  EtcdraftConfigMetadata,
  FabricMSPConfig,
  HeaderType,
  ImplicitMetaPolicy,
  MSPConfig,
  MSPPrincipal,
  Metadata,
  OrdererBlockMetadata,
  Payload,
  Policy_PolicyType,
  SerializedIdentity,
  SignatureHeader,
  SignaturePolicyEnvelope,
  blockDataHash,
  blockHeaderDer,
  blockHeaderHash,
  decode,
  encode,
  isCanonicalEnvelope,
  openEnvelope,
  type ConfigGroup,
  type MessageType,
} from "../../src/wire/index.ts";

// The chain of one channel as three Fabric orderers stored it; signatures differ from orderer to orderer.
const HEADER_HASHES = [
  "76783c705b88749d69c68b1c7f283e219b280d1445ec1144b81cb2f224c131bf",
  "a62eaf37eda03994707f6a97fb24bad2000aa70dc0e26e2b6a582a9d00b0a880",
  "cb143dc64ee89e03cbe59155bfe9d236b7d1e7d846165ecd0b6b2f8a1be6c67e",
  "3d1144edfd7479ed5821508e578bbdecf10fb9a4b661007da749b75d33e8c1c0",
  "8965a853aea96d0c93f74237b73eaeff0d0eb293ef457612a635a5316ffcb6c3",
  "04212f7341f4ad54a5d5a692b38fff7842ba6b09846ec563209ae1770176dcc7",
  "98bdb31e2f7a7da555c24964d2ef0bccfbbce7c57e7b20f7cbe7b1291f2f9802",
];
const LENGTHS = { o1: 7, o2: 7, o3: 6 };

function blockBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/fabric-blocks/${name}`, import.meta.url));
}

const stored = Object.entries(LENGTHS).flatMap(([orderer, length]) =>
  Array.from({ length }, (_, number) => {
    const bytes = blockBytes(`${orderer}-block00${number}.pb`);
    return { name: `block ${number} of ${orderer}`, number, bytes, block: decode(Block, bytes) };
  }),
);

/** Decodes, and insists that encoding gives the same bytes again. */
function decodeExactly<T>(type: MessageType<T>, bytes: Uint8Array): T {
  const message = decode(type, bytes);
  expect(toHex(encode(type, message))).toBe(toHex(bytes));
  return message;
}

function walkIdentity(bytes: Uint8Array): void {
  expect(decodeExactly(SerializedIdentity, bytes).mspid).not.toBe("");
}

function walkPolicy(type: number, value: Uint8Array): void {
  switch (type) {
    case Policy_PolicyType.SIGNATURE:
      for (const principal of decodeExactly(SignaturePolicyEnvelope, value).identities) {
        decodeExactly(MSPPrincipal, encode(MSPPrincipal, principal));
      }
      break;
    case Policy_PolicyType.IMPLICIT_META:
      expect(decodeExactly(ImplicitMetaPolicy, value).subPolicy).not.toBe("");
      break;
    default:
      expect.unreachable(`policy of type ${type}`);
  }
}

/** The names of all values below `group`, each of known kind having been decoded. */
function walkGroup(group: ConfigGroup): readonly string[] {
  for (const { policy } of group.policies.values()) {
    if (policy) walkPolicy(policy.type, policy.value);
  }
  for (const [name, { value }] of group.values) walkValue(name, value);
  return [...group.values.keys(), ...[...group.groups.values()].flatMap(walkGroup)];
}

function walkValue(name: string, value: Uint8Array): void {
  switch (name) {
    case "MSP": {
      const msp = decodeExactly(FabricMSPConfig, decodeExactly(MSPConfig, value).config);
      expect(msp.rootCerts.length).toBeGreaterThan(0);
      break;
    }
    case "ConsensusType": {
      const consensus = decodeExactly(ConsensusType, value);
      expect(consensus.type).toBe("etcdraft");
      expect(decodeExactly(EtcdraftConfigMetadata, consensus.metadata).consenters).not.toEqual([]);
      break;
    }
    case "BatchSize":
      expect(decodeExactly(BatchSize, value).maxMessageCount).toBeGreaterThan(0);
      break;
    case "Capabilities":
      expect(decodeExactly(Capabilities, value).capabilities.size).toBeGreaterThan(0);
      break;
  }
}

function walkConfig(data: Uint8Array): void {
  const { config, lastUpdate } = decodeExactly(ConfigEnvelope, data);
  expect(walkGroup(config!.channelGroup!)).toEqual(
    expect.arrayContaining(["MSP", "ConsensusType", "BatchSize", "Capabilities"]),
  );
  if (lastUpdate !== undefined) walkEnvelope(encode(Envelope, lastUpdate));
}

function walkConfigUpdate(data: Uint8Array): void {
  const { configUpdate, signatures } = decodeExactly(ConfigUpdateEnvelope, data);
  expect(decodeExactly(ConfigUpdate, configUpdate).channelId).toBe("ch1");
  for (const { signatureHeader } of signatures) {
    walkIdentity(decodeExactly(SignatureHeader, signatureHeader).creator);
  }
}

function walkEnvelope(bytes: Uint8Array): void {
  const { header, data } = decodeExactly(Payload, decodeExactly(Envelope, bytes).payload);
  const channelHeader = decodeExactly(ChannelHeader, header!.channelHeader);
  decodeExactly(SignatureHeader, header!.signatureHeader);
  expect(channelHeader.channelId).toBe("ch1");
  if (channelHeader.type === HeaderType.CONFIG) walkConfig(data);
  if (channelHeader.type === HeaderType.CONFIG_UPDATE) walkConfigUpdate(data);
}

/** The Raft metadata that an orderer wrapped into a block's signatures slot. */
function walkSignatures(bytes: Uint8Array): EtcdraftBlockMetadata {
  const { value, signatures } = decodeExactly(Metadata, bytes);
  expect(signatures).toHaveLength(1);
  for (const { signatureHeader } of signatures) {
    walkIdentity(decodeExactly(SignatureHeader, signatureHeader).creator);
  }
  const { lastConfig, consenterMetadata } = decodeExactly(OrdererBlockMetadata, value);
  expect(lastConfig).toBeDefined();
  const wrapped = decodeExactly(Metadata, consenterMetadata).value;
  return decodeExactly(EtcdraftBlockMetadata, wrapped);
}

describe.each(stored)("$name", ({ number, bytes, block }) => {
  test("encodes to its own bytes, and so does all that is nested in it", () => {
    expect(toHex(encode(Block, block))).toBe(toHex(bytes));
    for (const envelope of block.data!.data) walkEnvelope(envelope);
  });

  test("has the header hash that Fabric computed", () => {
    expect(toHex(blockHeaderHash(block.header!))).toBe(HEADER_HASHES[number]);
    expect(toHex(block.header!.previousHash)).toBe(HEADER_HASHES[number - 1] ?? "");
  });

  test("has a data hash over its envelopes", () => {
    expect(block.header!.number).toBe(number);
    expect(toHex(block.header!.dataHash)).toBe(toHex(blockDataHash(block.data!.data)));
  });

  test("holds envelopes that open", () => {
    for (const envelope of block.data!.data) {
      expect(openEnvelope(envelope)).toMatchObject({
        kind: "opened",
        opened: { channelHeader: { channelId: "ch1" } },
      });
    }
  });

  test("carries five metadata entries", () => {
    const { metadata } = block.metadata!;
    expect(metadata).toHaveLength(5);
    if (number === 0) {
      expect(toHex(metadata[BLOCK_METADATA.signatures]!)).toBe("0a020a00");
    } else {
      const raft = walkSignatures(metadata[BLOCK_METADATA.signatures]!);
      expect(raft.consenterIds).not.toEqual([]);
      expect(raft.raftIndex).toBeGreaterThan(0);
    }
  });
});

test("ordinary transactions of the chain are canonical envelopes", () => {
  const ordinary = stored
    .flatMap(({ block }) => block.data!.data)
    .filter((bytes) => {
      const reading = openEnvelope(bytes);
      return reading.kind === "opened" && reading.opened.channelHeader.type !== HeaderType.CONFIG;
    });
  expect(ordinary.length).toBeGreaterThan(0);
  for (const bytes of ordinary) expect(isCanonicalEnvelope(bytes)).toBe(true);
});

test("the first block of the chain is the genesis block that the channel was joined with", () => {
  expect(toHex(blockBytes("ch1-genesis.block"))).toBe(toHex(stored[0]!.bytes));
});

test("the first header has the DER form that Fabric hashes", () => {
  expect(toHex(blockHeaderDer(stored[0]!.block.header!))).toBe(
    "3027020100040004204003a2e8c2db3629fc7185bca7c0bb4628a23945ce65759de5b3fcb1b25e3f93",
  );
});
