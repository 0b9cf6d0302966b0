import { EMPTY_BYTES, utf8 } from "../../src/kernel/bytes.ts";
import {
  GossipMessage_Tag as Tag,
  PullMsgType,
  type GossipEnvelope,
  type GossipPayload,
} from "../../src/wire/index.ts";
import type { ChannelMessage, NumberedBlock } from "../core/index.ts";
import { heightMark } from "./probe-wire.ts";
import { toEnvelope, unsignedEnvelope, type GossipContent } from "./gossip-message.ts";

const msgType = PullMsgType.BLOCK_MSG;

/** What a channel's messages carry to name it. */
export interface ChannelName {
  readonly channelId: string;
  /** The channel as this peer names it to those who may not know its id. */
  readonly mac: Uint8Array;
}

/** The envelope of a channel's message. */
export function channelEnvelope(name: ChannelName, message: ChannelMessage): GossipEnvelope {
  const { channelId } = name;
  switch (message.kind) {
    case "state-info":
    case "leadership":
      return toEnvelope(message.sealed);
    case "state-pull":
      // Without the channel's id: it goes to peers that may not be in the channel.
      return unsignedEnvelope({
        content: { $case: "stateInfoPullReq", value: { channelMac: name.mac } },
        tag: Tag.CHAN_OR_ORG,
      });
    case "state-snapshot": {
      const elements = message.elements.map(toEnvelope);
      return anyOrg(channelId, { $case: "stateSnapshot", value: { elements } });
    }
    case "block":
      return blockEnvelope(channelId, message);
    case "block-hello":
      return ownOrg(channelId, {
        $case: "hello",
        value: {
          nonce: message.nonce,
          metadata: message.height === undefined ? EMPTY_BYTES : heightMark(message.height),
          msgType,
        },
      });
    case "block-digest": {
      const digests = message.numbers.map(digestOf);
      return ownOrg(channelId, {
        $case: "dataDig",
        value: { nonce: message.nonce, digests, msgType },
      });
    }
    case "block-request": {
      const digests = message.numbers.map(digestOf);
      return ownOrg(channelId, {
        $case: "dataReq",
        value: { nonce: message.nonce, digests, msgType },
      });
    }
    case "range-request": {
      const value = { startSeqNum: String(message.first), endSeqNum: String(message.last) };
      return anyOrg(channelId, { $case: "stateRequest", value }, message.nonce);
    }
  }
}

/** The answer to a request of a pull. */
export function blockUpdateEnvelope(
  channelId: string,
  nonce: string,
  blocks: readonly NumberedBlock[],
): GossipEnvelope {
  const data = blocks.map((block) => blockEnvelope(channelId, block));
  return ownOrg(channelId, { $case: "dataUpdate", value: { nonce, data, msgType } });
}

/** The answer to a request for a range; empty when there is nothing to serve. */
export function rangeResponseEnvelope(
  channelId: string,
  nonce: string,
  blocks: readonly NumberedBlock[],
): GossipEnvelope {
  const payloads = blocks.map(payloadOf);
  return anyOrg(channelId, { $case: "stateResponse", value: { payloads } }, nonce);
}

/** Fabric: a block's digest is its number in decimal. Undefined for what is none. */
export function numberOfDigest(digest: Uint8Array): number | undefined {
  // No safe integer has more digits.
  if (digest.length === 0 || digest.length > 16) return undefined;
  let number = 0;
  for (const byte of digest) {
    if (byte < 0x30 || byte > 0x39) return undefined;
    number = number * 10 + (byte - 0x30);
  }
  return Number.isSafeInteger(number) ? number : undefined;
}

function digestOf(number: number): Uint8Array {
  return utf8(String(number));
}

function payloadOf({ number, bytes }: NumberedBlock): GossipPayload {
  return { seqNum: number, data: bytes, privateData: [] };
}

function blockEnvelope(channelId: string, block: NumberedBlock): GossipEnvelope {
  return ownOrg(channelId, { $case: "dataMsg", value: { payload: payloadOf(block) } });
}

function ownOrg(channelId: string, content: GossipContent): GossipEnvelope {
  return unsignedEnvelope({ content, tag: Tag.CHAN_AND_ORG, channelId });
}

function anyOrg(channelId: string, content: GossipContent, nonce = "0"): GossipEnvelope {
  return unsignedEnvelope({ content, tag: Tag.CHAN_OR_ORG, channelId, nonce });
}
