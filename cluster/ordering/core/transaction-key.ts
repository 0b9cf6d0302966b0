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
 * where it has neither, the hash of the marshalled envelope. `opened` are the same bytes, read.
 *
 * An id counts only if it is made of the envelope's own nonce and creator, as Fabric's peers demand: whoever signs with
 * another creator cannot claim it. So nobody can have another's transaction taken for ordered.
 */
export function transactionKey(marshalled: Uint8Array, opened?: OpenedEnvelope): string {
  const headers = opened ?? openedOf(marshalled);
  if (headers?.channelHeader.type === HeaderType.ENDORSER_TRANSACTION) {
    const { nonce, creator } = headers.signatureHeader;
    const id = transactionId(nonce, creator);
    if (id === headers.channelHeader.txId) return id;
  }
  const update = headers && updateIn(headers);
  if (update !== undefined) return `config ${sha256Hex(update)}`;
  return `envelope ${sha256Hex(marshalled)}`;
}

// A leader may make another configuration of the same update: the one after a configuration that came between.
function updateIn({ channelHeader, payload }: OpenedEnvelope): Uint8Array | undefined {
  if (channelHeader.type !== HeaderType.CONFIG) return undefined;
  const update = tryDecode(ConfigEnvelope, payload.data)?.lastUpdate;
  return update && encode(Envelope, update);
}

function openedOf(marshalled: Uint8Array): OpenedEnvelope | undefined {
  const reading = openEnvelope(marshalled);
  return reading.kind === "opened" ? reading.opened : undefined;
}
