import { readTransactions } from "../../ledger/index.ts";
import {
  BLOCK_METADATA,
  ChaincodeEvent,
  TxValidationCode,
  tryDecode,
  type Block,
} from "../../wire/index.ts";

/**
 * The events of a chaincode in a committed block, in the order of their transactions; only valid transactions have any.
 * `firstIndex` leaves out the transactions before it.
 */
export function blockEvents(
  block: Block,
  chaincodeId: string,
  firstIndex: number,
): readonly ChaincodeEvent[] {
  const codes = block.metadata?.metadata[BLOCK_METADATA.transactionsFilter];
  return readTransactions(block).flatMap(({ index, content }) => {
    if (index < firstIndex || codes?.[index] !== TxValidationCode.VALID) return [];
    const bytes = content.kind === "endorsement" ? content.action?.events : undefined;
    if (bytes === undefined || bytes.length === 0) return [];
    const event = tryDecode(ChaincodeEvent, bytes);
    return event?.chaincodeId === chaincodeId ? [event] : [];
  });
}
