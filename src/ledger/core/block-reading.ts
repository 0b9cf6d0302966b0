import { type Block, type ChaincodeAction, HeaderType } from "../../wire/index.ts";
import { type TransactionLayers, layersOf } from "./transaction-layers.ts";

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
  | {
      readonly kind: "endorsement";
      readonly action: ChaincodeAction | undefined;
      /** Of the transaction. */
      readonly layers: TransactionLayers;
    }
  /** A marshalled `ConfigEnvelope`. */
  | { readonly kind: "config"; readonly config: Uint8Array }
  | { readonly kind: "other" };

/** Reads each envelope of a block. Never throws: what does not read is so marked. */
export function readTransactions(
  block: Block,
  layers: readonly TransactionLayers[] = layersOf(block),
): readonly TransactionReading[] {
  return layers.map(readTransaction);
}

function readTransaction(layers: TransactionLayers, index: number): TransactionReading {
  const { payload, channelHeader } = layers;
  if (payload === undefined || channelHeader === undefined) {
    return { index, txId: "", type: -1, content: { kind: "other" } };
  }
  const { txId, type } = channelHeader;
  return { index, txId, type, content: readContent(type, payload.data, layers) };
}

function readContent(
  type: number,
  data: Uint8Array,
  layers: TransactionLayers,
): TransactionContent {
  switch (type) {
    case HeaderType.ENDORSER_TRANSACTION:
      return { kind: "endorsement", action: layers.chaincodeAction, layers };
    case HeaderType.CONFIG:
      return { kind: "config", config: data };
    default:
      return { kind: "other" };
  }
}
