import { ChannelConfig, isConfigBlock } from "../../../src/channel/index.ts";
import { equalBytes } from "../../../src/kernel/bytes.ts";
import { errorMessage } from "../../../src/kernel/error.ts";
import type { MspCache } from "../../../src/msp/index.ts";
import {
  ConfigUpdate,
  ConfigUpdateEnvelope,
  HeaderType,
  blockDataHash,
  openEnvelope,
  tryDecode,
  type Block,
  type Envelope,
} from "../../../src/wire/index.ts";

/** Either the channel, or what is wrong, in Fabric's words where it has some. */
export type ChannelReading =
  | { readonly ok: true; readonly channelId: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Whether a channel can be joined with `block`: a whole config block of an application channel. Fabric: it is the trust
 * anchor, and nothing is checked of its signatures. `msps`: organisations that this node knows.
 */
export function readJoinBlock(block: Block, msps?: MspCache): ChannelReading {
  const { header, data, metadata } = block;
  if (header === undefined || data === undefined || !isConfigBlock(block)) {
    return refused("block is not a config block");
  }
  if (metadata === undefined || metadata.metadata.length === 0) {
    return refused("invalid block: does not have metadata");
  }
  if (!equalBytes(blockDataHash(data.data), header.dataHash)) {
    return refused("invalid block: Header.DataHash is different from Hash(block.Data)");
  }
  try {
    return { ok: true, channelId: ChannelConfig.fromBlock(block, msps).channelId };
  } catch (error) {
    return refused(errorMessage(error));
  }
}

/** The channel that an envelope wants to change the configuration of. Nothing of the change itself is checked. */
export function readConfigUpdate(envelope: Envelope): ChannelReading {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") return refused(`bad ${reading.defect}`);
  const { channelHeader, payload } = reading.opened;
  if (channelHeader.type !== HeaderType.CONFIG_UPDATE) return refused("bad type");
  if (channelHeader.channelId === "") return refused("empty channel id");
  const signed = tryDecode(ConfigUpdateEnvelope, payload.data);
  const update = signed && tryDecode(ConfigUpdate, signed.configUpdate);
  if (update === undefined) return refused("error unmarshaling the config update");
  return { ok: true, channelId: update.channelId };
}

function refused(reason: string): ChannelReading {
  return { ok: false, reason };
}
