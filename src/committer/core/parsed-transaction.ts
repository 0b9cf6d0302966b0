import { sha256 } from "../../crypto/index.ts";
import { equalBytes } from "../../kernel/bytes.ts";
import type { TransactionLayers } from "../../ledger/index.ts";
import {
  HeaderType,
  SignatureHeader,
  TxValidationCode,
  transactionId,
  tryDecode,
  type ChannelHeader,
  type Endorsement,
  type OpenedEnvelope,
} from "../../wire/index.ts";

/**
 * A transaction of a block, read once. Codes are kept beside what was read because the creator's signature is
 * judged between the header and the body, and the first failing check in Fabric's order gives the code.
 */
export type ParsedTransaction =
  | { readonly kind: "unreadable"; readonly code: TxValidationCode }
  | {
      readonly kind: "signed";
      readonly channelHeader: ChannelHeader;
      readonly creator: Uint8Array;
      /** What the creator signed, with which signature. */
      readonly payload: Uint8Array;
      readonly signature: Uint8Array;
      readonly body: TransactionBody;
    };

/** What a transaction asks for. */
export type TransactionBody =
  | { readonly kind: "refused"; readonly code: TxValidationCode }
  | { readonly kind: "config"; readonly data: Uint8Array }
  | { readonly kind: "endorsed"; readonly action: EndorsedAction };

/** The one action of an endorser transaction, bound to its proposal. */
export interface EndorsedAction {
  readonly txId: string;
  /** Marshalled `ChaincodeHeaderExtension`. */
  readonly headerExtension: Uint8Array;
  /** The very bytes that endorsers signed. */
  readonly proposalResponsePayload: Uint8Array;
  /** What it did: the layers below the response. */
  readonly layers: Pick<TransactionLayers, "chaincodeAction" | "readWriteSet">;
  readonly endorsements: readonly Endorsement[];
}

/** Reads one entry of a block's data. Fabric: `ValidateTransaction`, without the signature. Never throws. */
export function parseTransaction(layers: TransactionLayers): ParsedTransaction {
  const reading = layers.opening;
  if (reading.kind === "malformed") {
    switch (reading.defect) {
      case "envelope":
        return unreadable(TxValidationCode.INVALID_OTHER_REASON);
      case "payload":
        return unreadable(TxValidationCode.BAD_PAYLOAD);
      case "missing-header":
      case "channel-header":
      case "signature-header":
        return unreadable(TxValidationCode.BAD_COMMON_HEADER);
    }
  }
  const { opened } = reading;
  if (!isSoundHeader(opened)) return unreadable(TxValidationCode.BAD_COMMON_HEADER);
  return {
    kind: "signed",
    channelHeader: opened.channelHeader,
    creator: opened.signatureHeader.creator,
    payload: opened.envelope.payload,
    signature: opened.envelope.signature,
    body: parseBody(opened, layers),
  };
}

function isSoundHeader({ channelHeader, signatureHeader }: OpenedEnvelope): boolean {
  return (
    isKnownType(channelHeader.type) && channelHeader.epoch === 0 && isSoundSigner(signatureHeader)
  );
}

function isKnownType(type: number): boolean {
  return (
    type === HeaderType.ENDORSER_TRANSACTION ||
    type === HeaderType.CONFIG_UPDATE ||
    type === HeaderType.CONFIG
  );
}

function isSoundSigner(header: SignatureHeader): boolean {
  return header.nonce.length > 0 && header.creator.length > 0;
}

function parseBody(opened: OpenedEnvelope, layers: TransactionLayers): TransactionBody {
  const { channelHeader, payload } = opened;
  if (channelHeader.type === HeaderType.ENDORSER_TRANSACTION)
    return parseEndorserTransaction(opened, layers);
  if (channelHeader.type !== HeaderType.CONFIG)
    return refused(TxValidationCode.UNSUPPORTED_TX_PAYLOAD);
  if (payload.data.length === 0) return refused(TxValidationCode.INVALID_CONFIG_TRANSACTION);
  return { kind: "config", data: payload.data };
}

function parseEndorserTransaction(
  opened: OpenedEnvelope,
  layers: TransactionLayers,
): TransactionBody {
  const { nonce, creator } = opened.signatureHeader;
  if (opened.channelHeader.txId !== transactionId(nonce, creator)) {
    return refused(TxValidationCode.BAD_PROPOSAL_TXID);
  }
  const action = parseAction(opened, layers);
  if (action === undefined) return refused(TxValidationCode.INVALID_ENDORSER_TRANSACTION);
  return { kind: "endorsed", action };
}

function parseAction(
  opened: OpenedEnvelope,
  layers: TransactionLayers,
): EndorsedAction | undefined {
  const { transaction } = layers;
  const [action] = transaction?.actions ?? [];
  if (action === undefined || transaction?.actions.length !== 1) return undefined;
  const signer = tryDecode(SignatureHeader, action.header);
  if (signer === undefined || !isSoundSigner(signer)) return undefined;
  const content = layers.actionPayload;
  if (content?.action === undefined || content.chaincodeProposalPayload.length === 0)
    return undefined;
  const { proposalResponsePayload, endorsements } = content.action;
  const response = layers.responsePayload;
  const channelHeader = opened.payload.header?.channelHeader;
  if (response === undefined || channelHeader === undefined) return undefined;
  const hash = sha256(channelHeader, action.header, content.chaincodeProposalPayload);
  if (!equalBytes(hash, response.proposalHash)) return undefined;
  return {
    txId: opened.channelHeader.txId,
    headerExtension: opened.channelHeader.extension,
    proposalResponsePayload,
    layers,
    endorsements,
  };
}

function unreadable(code: TxValidationCode): ParsedTransaction {
  return { kind: "unreadable", code };
}

function refused(code: TxValidationCode): TransactionBody {
  return { kind: "refused", code };
}
