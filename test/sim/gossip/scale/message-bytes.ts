/** Bytes of messages as the wire has them, roughly. */
import type { ChannelMessage, MeshMessage, NumberedBlock } from "../../../../gossip/core/index.ts";

/** An envelope with its frame, a claim with its certificate, a claim about a ledger, an accusation. */
const ENVELOPE_BYTES = 60;
const CLAIM_BYTES = 1_100;
const STATE_CLAIM_BYTES = 350;
const ACCUSATION_BYTES = 81;

/** What one peer may say to another in a channel, blocks that were asked for among it. */
export type ArrivingMessage =
  | ChannelMessage
  | {
      readonly kind: "block-update" | "range-response";
      readonly nonce: string;
      readonly blocks: readonly NumberedBlock[];
    };

export function meshBytesOf(message: MeshMessage): number {
  switch (message.kind) {
    case "alive":
      return CLAIM_BYTES;
    case "news":
      return ENVELOPE_BYTES + message.alive.length * CLAIM_BYTES;
    case "accusations":
      return ENVELOPE_BYTES + message.accusations.length * ACCUSATION_BYTES;
    case "membership-request":
      return ENVELOPE_BYTES + CLAIM_BYTES + (message.known?.length ?? 0) * 4;
    case "membership-response":
      return ENVELOPE_BYTES + (message.alive.length + message.dead.length) * CLAIM_BYTES;
    case "probe":
    case "ack":
      return ENVELOPE_BYTES + (message.accusation === undefined ? 0 : ACCUSATION_BYTES);
    case "probe-request":
    case "nack":
    case "identity-hello":
      return ENVELOPE_BYTES + 32;
    case "identity-digest":
    case "identity-request":
      return ENVELOPE_BYTES + message.peers.length * 32;
    case "identity-update":
      return ENVELOPE_BYTES + message.identities.length * CLAIM_BYTES;
  }
}

export function channelBytesOf(message: ArrivingMessage, blockBytes: number): number {
  switch (message.kind) {
    case "block":
      return ENVELOPE_BYTES + blockBytes;
    case "block-update":
    case "range-response":
      return ENVELOPE_BYTES + message.blocks.length * blockBytes;
    case "state-info":
    case "leadership":
      return STATE_CLAIM_BYTES;
    case "state-snapshot":
      return ENVELOPE_BYTES + message.elements.length * STATE_CLAIM_BYTES;
    case "block-digest":
    case "block-request":
      return ENVELOPE_BYTES + message.numbers.length * 8;
    case "state-pull":
    case "block-hello":
    case "range-request":
      return ENVELOPE_BYTES + 32;
  }
}
