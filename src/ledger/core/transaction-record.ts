import { assert } from "../../kernel/assert.ts";
import { concatBytes } from "../../kernel/bytes.ts";
import {
  type TxValidationCode,
  decodeOrderedVarint,
  encodeOrderedVarint,
} from "../../wire/index.ts";

const FORMAT_VERSION = 1;

/** Where a transaction was committed and with what verdict. */
export interface TransactionRecord {
  readonly blockNumber: number;
  readonly txIndex: number;
  readonly code: TxValidationCode;
}

/** Format version (1) | code (1) | block | index (order-preserving). */
export function encodeTransactionRecord(record: TransactionRecord): Uint8Array {
  return concatBytes(
    Uint8Array.of(FORMAT_VERSION, record.code),
    encodeOrderedVarint(record.blockNumber),
    encodeOrderedVarint(record.txIndex),
  );
}

export function decodeTransactionRecord(bytes: Uint8Array): TransactionRecord {
  assert(bytes[0] === FORMAT_VERSION, "transaction records are of the one format that exists");
  const block = decodeOrderedVarint(bytes, 2);
  assert(block, "a transaction record has its block");
  const index = decodeOrderedVarint(bytes, 2 + block.length);
  assert(index, "a transaction record has its index");
  // The byte came from a verdict that was encoded above.
  const code = bytes[1] as TxValidationCode;
  return { blockNumber: block.value, txIndex: index.value, code };
}
