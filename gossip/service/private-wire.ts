/** Private data as it goes over the wire. */
import {
  GossipMessage_Tag as Tag,
  type GossipEnvelope,
  type PrivatePayload,
  type PvtDataDigest,
  type PvtDataElement,
} from "../../src/wire/index.ts";
import { unsignedEnvelope, type GossipContent } from "./gossip-message.ts";
import { NAME_LENGTH_MAX, TX_ID_LENGTH_MAX } from "./limits.ts";
import type { PrivateSetDigest, PushedPrivateSet } from "./ports.ts";

/** A set on its way to a peer that acknowledges it under the same nonce. */
export function pushEnvelope(set: PushedPrivateSet, nonce: string): GossipEnvelope {
  const payload: PrivatePayload = {
    collectionName: set.collection,
    namespace: set.namespace,
    txId: set.txId,
    privateRwset: set.bytes,
    privateSimHeight: set.height,
    collectionConfigs:
      set.config === undefined
        ? undefined
        : { config: [{ payload: { $case: "staticCollectionConfig", value: set.config } }] },
  };
  return inChannel(set.channelId, { $case: "privateData", value: { payload } }, nonce);
}

/** Fabric: an acknowledgement has no tag and no channel; the nonce says what it answers. An empty `error` is success. */
export function ackEnvelope(nonce: string, error: string): GossipEnvelope {
  return unsignedEnvelope({
    content: { $case: "ack", value: { error } },
    tag: Tag.UNDEFINED,
    nonce,
  });
}

/** A question for sets. */
export function questionEnvelope(
  channelId: string,
  nonce: string,
  digests: readonly PrivateSetDigest[],
): GossipEnvelope {
  const value = { digests: digests.map(digestToWire) };
  return inChannel(channelId, { $case: "privateReq", value }, nonce);
}

/** The sets that a question found. */
export function answerEnvelope(
  channelId: string,
  nonce: string,
  found: readonly { readonly digest: PvtDataDigest; readonly sets: readonly Uint8Array[] }[],
): GossipEnvelope {
  const elements: PvtDataElement[] = found.map(({ digest, sets }) => ({
    digest,
    payload: [...sets],
  }));
  return inChannel(channelId, { $case: "privateRes", value: { elements } }, nonce);
}

/** A pushed set in bytes of its own, or undefined for one that names nothing or names it at excessive length. */
export function readPush(
  channelId: string,
  payload: PrivatePayload | undefined,
): PushedPrivateSet | undefined {
  if (payload === undefined || !isTxId(payload.txId)) return undefined;
  const { namespace, collectionName: collection, txId, privateSimHeight: height } = payload;
  if (!isName(namespace) || !isName(collection)) return undefined;
  const bytes = payload.privateRwset.slice();
  return { channelId, namespace, collection, txId, height, bytes, config: undefined };
}

/** A digest that may be looked up, or undefined. Fabric: a digest of a committed block may lack the transaction's id. */
export function readDigest(digest: PvtDataDigest): PrivateSetDigest | undefined {
  const { txId, namespace, collection, blockSeq: blockNumber, seqInBlock: txNumber } = digest;
  if (!isName(namespace) || !isName(collection)) return undefined;
  if (txId !== "" && !isTxId(txId)) return undefined;
  return { txId, namespace, collection, blockNumber, txNumber };
}

/** Names a set among those of one question. */
export function digestId(digest: Omit<PrivateSetDigest, "txId">): string {
  const { namespace, collection, blockNumber, txNumber } = digest;
  return JSON.stringify([blockNumber, txNumber, namespace, collection]);
}

function digestToWire(digest: PrivateSetDigest): PvtDataDigest {
  const { txId, namespace, collection, blockNumber: blockSeq, txNumber: seqInBlock } = digest;
  return { txId, namespace, collection, blockSeq, seqInBlock };
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= NAME_LENGTH_MAX;
}

function isTxId(text: string): boolean {
  return text.length > 0 && text.length <= TX_ID_LENGTH_MAX;
}

function inChannel(channelId: string, content: GossipContent, nonce: string): GossipEnvelope {
  return unsignedEnvelope({ content, tag: Tag.CHAN_ONLY, channelId, nonce });
}
