import type { Random } from "../../kernel/ports/random.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import {
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  encode,
  transactionId,
  type Envelope,
} from "../../wire/index.ts";

// Fabric's length.
const NONCE_BYTES = 24;

/** A signed transaction, with the id that its nonce and creator make. */
export interface BareTransaction {
  readonly transactionId: string;
  readonly envelope: Envelope;
}

/**
 * A transaction of `signer` that orderers order and every peer finds invalid: `data` stands where endorsed results belong.
 * For loads and checks of ordering alone.
 */
export async function bareTransaction(
  deps: { readonly signer: Signer; readonly random: Random },
  channelId: string,
  data: Uint8Array,
): Promise<BareTransaction> {
  const { signer, random } = deps;
  const creator = signer.identity;
  const nonce = random.bytes(NONCE_BYTES);
  const txId = transactionId(nonce, creator);
  const type = HeaderType.ENDORSER_TRANSACTION;
  const header = {
    channelHeader: encode(ChannelHeader, create(ChannelHeader, { type, channelId, txId })),
    signatureHeader: encode(SignatureHeader, { creator, nonce }),
  };
  const payload = encode(Payload, { header, data });
  return { transactionId: txId, envelope: { payload, signature: await signer.sign(payload) } };
}
