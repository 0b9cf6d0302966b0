import { sha256Hex } from "../../../src/crypto/index.ts";
import {
  ConfigEnvelope,
  Envelope,
  HeaderType,
  encode,
  openEnvelope,
  transactionId,
  tryDecode,
  type OpenedEnvelope,
} from "../../../src/wire/index.ts";

/**
 * By what an orderer recognises a transaction that comes again: its id, or the hash of the update of a configuration, or,
 * where it has neither, the hash of the marshalled envelope. The same for an envelope that was read already.
 *
 * An id counts only if it is made of the envelope's own nonce and creator, as Fabric's peers demand: whoever signs with
 * another creator cannot claim it. So nobody can have another's transaction taken for ordered.
 */
export function transactionKey(envelope: Uint8Array | OpenedEnvelope): string {
  if (!(envelope instanceof Uint8Array)) {
    return keyOf(envelope) ?? hashed(encode(Envelope, envelope.envelope));
  }
  const reading = openEnvelope(envelope);
  const key = reading.kind === "opened" ? keyOf(reading.opened) : undefined;
  return key ?? hashed(envelope);
}

function keyOf(opened: OpenedEnvelope): string | undefined {
  if (opened.channelHeader.type === HeaderType.ENDORSER_TRANSACTION) {
    const { nonce, creator } = opened.signatureHeader;
    const id = transactionId(nonce, creator);
    if (id === opened.channelHeader.txId) return id;
  }
  const update = updateIn(opened);
  return update && `config ${sha256Hex(update)}`;
}

function hashed(marshalled: Uint8Array): string {
  return `envelope ${sha256Hex(marshalled)}`;
}

// A leader may make another configuration of the same update: the one after a configuration that came between.
function updateIn({ channelHeader, payload }: OpenedEnvelope): Uint8Array | undefined {
  if (channelHeader.type !== HeaderType.CONFIG) return undefined;
  const update = tryDecode(ConfigEnvelope, payload.data)?.lastUpdate;
  return update && encode(Envelope, update);
}
