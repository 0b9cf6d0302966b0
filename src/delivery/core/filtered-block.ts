import {
  BLOCK_METADATA,
  ChaincodeAction,
  ChaincodeActionPayload,
  ChaincodeEvent,
  ChannelHeader,
  Envelope,
  HeaderType,
  Payload,
  ProposalResponsePayload,
  Transaction,
  TxValidationCode,
  tryDecode,
  type Block,
  type FilteredBlock,
  type FilteredChaincodeAction,
  type FilteredTransaction,
  type TransactionAction,
} from "../../wire/index.ts";

/**
 * What a client learns of a block without its content: each transaction's id, type and code, and the names of its
 * events. Transactions that cannot be read down to their channel header are left out, as Fabric leaves them out;
 * where it gives up on a block with a malformed action, the action is left out here.
 */
export function filteredBlock(block: Block, channelId: string): FilteredBlock {
  const codes = block.metadata?.metadata[BLOCK_METADATA.transactionsFilter];
  const filteredTransactions: FilteredTransaction[] = [];
  for (const [index, bytes] of (block.data?.data ?? []).entries()) {
    const code = (codes?.[index] ?? TxValidationCode.NOT_VALIDATED) as TxValidationCode;
    const transaction = filteredTransaction(bytes, code);
    if (transaction !== undefined) filteredTransactions.push(transaction);
  }
  return { channelId, number: block.header?.number ?? 0, filteredTransactions };
}

function filteredTransaction(
  bytes: Uint8Array,
  txValidationCode: TxValidationCode,
): FilteredTransaction | undefined {
  const envelope = tryDecode(Envelope, bytes);
  const payload = envelope && tryDecode(Payload, envelope.payload);
  const header = payload?.header && tryDecode(ChannelHeader, payload.header.channelHeader);
  if (payload === undefined || header === undefined) return undefined;
  const type = header.type as HeaderType;
  return {
    txid: header.txId,
    type,
    txValidationCode,
    data: type === HeaderType.ENDORSER_TRANSACTION ? filteredActions(payload.data) : undefined,
  };
}

function filteredActions(data: Uint8Array): FilteredTransaction["data"] {
  const chaincodeActions: FilteredChaincodeAction[] = [];
  for (const action of tryDecode(Transaction, data)?.actions ?? []) {
    const event = eventOf(action);
    if (event === undefined || event.chaincodeId === "") continue;
    chaincodeActions.push({ chaincodeEvent: { ...event, payload: new Uint8Array(0) } });
  }
  return { $case: "transactionActions", value: { chaincodeActions } };
}

function eventOf(action: TransactionAction): ChaincodeEvent | undefined {
  const endorsed = tryDecode(ChaincodeActionPayload, action.payload)?.action;
  if (endorsed === undefined) return undefined;
  const response = tryDecode(ProposalResponsePayload, endorsed.proposalResponsePayload);
  const result = response && tryDecode(ChaincodeAction, response.extension);
  return result && tryDecode(ChaincodeEvent, result.events);
}
