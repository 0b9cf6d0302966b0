import {
  type Block,
  ChaincodeAction,
  ChaincodeActionPayload,
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  ProposalResponsePayload,
  Transaction,
  tryDecode,
} from "../../wire/index.ts";

/** One transaction of a block as far as the ledger reads it; nothing in it has been verified. */
export interface TransactionReading {
  readonly index: number;
  /** Empty where the envelope does not read so far. */
  readonly txId: string;
  /** `HeaderType`, or -1 where the envelope does not read so far. */
  readonly type: number;
  readonly content: TransactionContent;
}

export type TransactionContent =
  /** The chaincode's action; undefined where any layer above it is absent or malformed. */
  | { readonly kind: "endorsement"; readonly action: ChaincodeAction | undefined }
  /** A marshalled `ConfigEnvelope`. */
  | { readonly kind: "config"; readonly config: Uint8Array }
  | { readonly kind: "other" };

/** Reads each envelope of a block once. Never throws: what does not read is so marked. */
export function readTransactions(block: Block): readonly TransactionReading[] {
  return (block.data?.data ?? []).map(readTransaction);
}

function readTransaction(bytes: Uint8Array, index: number): TransactionReading {
  const envelope = tryDecode(Envelope, bytes);
  const payload = envelope && tryDecode(Payload, envelope.payload);
  const header = payload?.header && tryDecode(ChannelHeader, payload.header.channelHeader);
  if (payload === undefined || header === undefined) {
    return { index, txId: "", type: -1, content: { kind: "other" } };
  }
  return {
    index,
    txId: header.txId,
    type: header.type,
    content: readContent(header.type, payload.data),
  };
}

function readContent(type: number, data: Uint8Array): TransactionContent {
  switch (type) {
    case HeaderType.ENDORSER_TRANSACTION:
      return { kind: "endorsement", action: readAction(data) };
    case HeaderType.CONFIG:
      return { kind: "config", config: data };
    default:
      return { kind: "other" };
  }
}

function readAction(data: Uint8Array): ChaincodeAction | undefined {
  const first = tryDecode(Transaction, data)?.actions[0];
  const payload = first && tryDecode(ChaincodeActionPayload, first.payload);
  const response = payload?.action?.proposalResponsePayload;
  if (response === undefined || response.length === 0) return undefined;
  const extension = tryDecode(ProposalResponsePayload, response)?.extension;
  if (extension === undefined || extension.length === 0) return undefined;
  return tryDecode(ChaincodeAction, extension);
}
