import { TxValidationCode } from "../../wire/index.ts";

/** A transaction as judged alone. `txId` is empty where ids do not count. */
export interface JudgedTransaction {
  readonly txId: string;
  readonly code: TxValidationCode;
}

/** The codes of a block: of valid transactions with one id only the first stays valid. */
export function markDuplicateIds(judged: readonly JudgedTransaction[]): TxValidationCode[] {
  const seen = new Set<string>();
  return judged.map(({ txId, code }) => {
    if (code !== TxValidationCode.VALID || txId === "") return code;
    if (seen.has(txId)) return TxValidationCode.DUPLICATE_TXID;
    seen.add(txId);
    return code;
  });
}
