import { sha256 } from "../../../src/crypto/index.ts";
import { toHex } from "../../../src/kernel/bytes.ts";
import {
  HeaderType,
  openEnvelope,
  transactionId,
  type OpenedEnvelope,
} from "../../../src/wire/index.ts";

/**
 * By what an orderer recognises a transaction that comes again: its id, or, where it has none, the hash of the
 * marshalled envelope. `opened` are the same bytes, read.
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
  return `envelope ${toHex(sha256(marshalled))}`;
}

function openedOf(marshalled: Uint8Array): OpenedEnvelope | undefined {
  const reading = openEnvelope(marshalled);
  return reading.kind === "opened" ? reading.opened : undefined;
}
