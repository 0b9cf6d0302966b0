/** Messages as they go over the wire: content, tag, nonce; signed or, between authenticated peers, not. */
import type { Signer } from "../../src/kernel/ports/signer.ts";
import {
  GossipMessage,
  GossipMessage_Tag as Tag,
  encode,
  tryDecodeRequest,
  type GossipEnvelope,
} from "../../src/wire/index.ts";
import { EMPTY_BYTES, utf8 } from "../../src/kernel/bytes.ts";
import type { SealedMessage } from "../core/index.ts";

export type GossipContent = NonNullable<GossipMessage["content"]>;
type ContentKind = GossipContent["$case"];

const PULL_TAGS: readonly Tag[] = [Tag.EMPTY, Tag.CHAN_AND_ORG];

/** Fabric: how far each kind of message may travel. Pull messages are identities' (EMPTY) or blocks' (CHAN_AND_ORG). */
const LEGAL_TAGS: Readonly<Record<ContentKind, readonly Tag[]>> = {
  aliveMsg: [Tag.EMPTY],
  memReq: [Tag.EMPTY],
  memRes: [Tag.EMPTY],
  conn: [Tag.EMPTY],
  empty: [Tag.EMPTY],
  peerIdentity: [Tag.EMPTY, Tag.ORG_ONLY],
  dataMsg: [Tag.CHAN_AND_ORG],
  hello: PULL_TAGS,
  dataDig: PULL_TAGS,
  dataReq: PULL_TAGS,
  dataUpdate: PULL_TAGS,
  stateInfo: [Tag.CHAN_OR_ORG],
  stateSnapshot: [Tag.CHAN_OR_ORG],
  stateInfoPullReq: [Tag.CHAN_OR_ORG],
  stateRequest: [Tag.CHAN_OR_ORG],
  stateResponse: [Tag.CHAN_OR_ORG],
  leadershipMsg: [Tag.CHAN_AND_ORG],
  privateReq: [Tag.CHAN_ONLY],
  privateRes: [Tag.CHAN_ONLY],
  privateData: [Tag.CHAN_ONLY],
  ack: [Tag.UNDEFINED, Tag.EMPTY],
};

export interface MessageFields {
  readonly content: GossipContent;
  readonly tag: Tag;
  /** Unsigned 64-bit decimal. Default 0. */
  readonly nonce?: string;
  /** Default: none. */
  readonly channelId?: string;
}

export type DecodedMessage = GossipMessage & { readonly content: GossipContent };

/** A message whose tag fits its kind, or what is wrong with it. */
export type MessageReading =
  | { readonly ok: true; readonly message: DecodedMessage }
  | { readonly ok: false; readonly refusal: "malformed" | "tag" };

export function readMessage(payload: Uint8Array): MessageReading {
  const message = tryDecodeRequest(GossipMessage, payload);
  const content = message?.content;
  if (message === undefined || content === undefined) return { ok: false, refusal: "malformed" };
  if (!LEGAL_TAGS[content.$case].includes(message.tag)) return { ok: false, refusal: "tag" };
  return { ok: true, message: { ...message, content } };
}

export function messageBytes(fields: MessageFields): Uint8Array {
  const { content, tag, nonce = "0", channelId } = fields;
  const channel = channelId === undefined ? EMPTY_BYTES : utf8(channelId);
  return encode(GossipMessage, { nonce, channel, tag, content });
}

/** An envelope without a signature: the stream says who sends it. */
export function unsignedEnvelope(fields: MessageFields): GossipEnvelope {
  return { payload: messageBytes(fields), signature: EMPTY_BYTES, secretEnvelope: undefined };
}

/** A message that others may pass on. */
export async function sealMessage(signer: Signer, fields: MessageFields): Promise<SealedMessage> {
  const payload = messageBytes(fields);
  return { payload, signature: await signer.sign(payload), secretEnvelope: undefined };
}

/** An envelope's bytes in arrays of their own: what is kept for long must not keep alive what it came in. */
export function sealedCopy(envelope: GossipEnvelope): SealedMessage {
  const { payload, signature, secretEnvelope } = envelope;
  return {
    payload: payload.slice(),
    signature: signature.slice(),
    secretEnvelope:
      secretEnvelope === undefined
        ? undefined
        : {
            payload: secretEnvelope.payload.slice(),
            signature: secretEnvelope.signature.slice(),
          },
  };
}

/** A sealed message on its way out. */
export function toEnvelope(sealed: SealedMessage): GossipEnvelope {
  const { payload, signature, secretEnvelope } = sealed;
  return {
    payload,
    signature,
    secretEnvelope: secretEnvelope === undefined ? undefined : { ...secretEnvelope },
  };
}
