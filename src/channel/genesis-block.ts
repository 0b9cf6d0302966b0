import { EMPTY_BYTES } from "../kernel/bytes.ts";
import {
  BLOCK_METADATA,
  ChannelHeader,
  ConfigEnvelope,
  Envelope,
  HeaderType,
  Metadata,
  OrdererBlockMetadata,
  Payload,
  SignatureHeader,
  blockDataHash,
  create,
  emptyBlockMetadata,
  encode,
  timestampFromMs,
  transactionId,
  type Block,
  type BlockMetadata,
} from "../wire/index.ts";
import { ChannelConfig } from "./channel-config.ts";
import type { ChannelProfile, OrganizationProfile } from "./channel-profile.ts";
import { CHANNEL_PATH } from "./config-tree.ts";
import { invalidConfig } from "./errors.ts";
import { genesisGroup } from "./genesis-config.ts";

/**
 * Block 0 of a new channel. All nodes must be given the same bytes.
 * Throws `ChannelError` ("invalid-config", "unsupported-capability") for a profile that makes no valid channel.
 */
export function buildGenesisBlock(profile: ChannelProfile): Block {
  checkOrganizations(`${CHANNEL_PATH}/Orderer`, profile.ordererOrganizations);
  checkOrganizations(`${CHANNEL_PATH}/Application`, profile.applicationOrganizations);
  const config = { sequence: 0, channelGroup: genesisGroup(profile) };
  ChannelConfig.parse(profile.channelId, config);
  const payload = encode(Payload, {
    header: {
      channelHeader: channelHeader(profile),
      signatureHeader: encode(SignatureHeader, { creator: EMPTY_BYTES, nonce: profile.nonce }),
    },
    data: encode(ConfigEnvelope, { config, lastUpdate: undefined }),
  });
  const data = [encode(Envelope, { payload, signature: EMPTY_BYTES })];
  return {
    header: { number: 0, previousHash: EMPTY_BYTES, dataHash: blockDataHash(data) },
    data: { data },
    metadata: genesisMetadata(),
  };
}

function channelHeader({ channelId, nonce, timestampMs }: ChannelProfile): Uint8Array {
  const fields = create(ChannelHeader, {
    type: HeaderType.CONFIG,
    version: 1,
    timestamp: timestampFromMs(Math.floor(timestampMs / 1000) * 1000),
    channelId,
    txId: transactionId(nonce, EMPTY_BYTES),
  });
  return encode(ChannelHeader, fields);
}

// The block is its own last config block; nobody signs it.
function genesisMetadata(): BlockMetadata {
  const fields = create(OrdererBlockMetadata, { lastConfig: { index: 0 } });
  const signed = encode(OrdererBlockMetadata, fields);
  const { metadata } = emptyBlockMetadata();
  metadata[BLOCK_METADATA.signatures] = encode(Metadata, { value: signed, signatures: [] });
  return { metadata };
}

function checkOrganizations(path: string, organizations: readonly OrganizationProfile[]): void {
  const names = new Set<string>();
  for (const { name, mspId, msp } of organizations) {
    if (names.has(name)) throw invalidConfig(`${path}/${name}`, "two organisations have this name");
    names.add(name);
    if (msp.name !== mspId) {
      throw invalidConfig(`${path}/${name}`, `MSP id ${mspId} is not its MSP's name ${msp.name}`);
    }
  }
}
