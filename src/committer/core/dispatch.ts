import {
  ChaincodeEvent,
  ChaincodeHeaderExtension,
  TxValidationCode,
  tryDecode,
  type ChaincodeAction,
} from "../../wire/index.ts";
import type { EndorsedAction } from "./parsed-transaction.ts";
import { namespaceWrites, type NamespaceWrites } from "./written-namespaces.ts";

/** Whose endorsement policies decide over a transaction, in the order in which they are asked. */
export type Dispatch =
  | { readonly kind: "refused"; readonly code: TxValidationCode }
  | { readonly kind: "judged-by"; readonly namespaces: readonly NamespaceWrites[] };

/** Fabric: `plugindispatcher.Dispatch` up to the first policy. Never throws. */
export function dispatch(action: EndorsedAction): Dispatch {
  const extension = tryDecode(ChaincodeHeaderExtension, action.headerExtension);
  if (extension === undefined) return refused(TxValidationCode.BAD_HEADER_EXTENSION);
  // Go reads absent bytes as nil, which Fabric refuses here.
  const result = action.layers.chaincodeAction;
  if (result === undefined) return refused(TxValidationCode.BAD_RESPONSE_PAYLOAD);
  const set = action.layers.readWriteSet;
  if (set === undefined) return refused(TxValidationCode.BAD_RWSET);
  const fault = chaincodeFault(extension, result);
  if (fault !== undefined) return refused(fault);
  const writes = namespaceWrites(set);
  if (hasDuplicates(writes)) return refused(TxValidationCode.ILLEGAL_WRITESET);
  return { kind: "judged-by", namespaces: judges(extension.chaincodeId?.name ?? "", writes) };
}

function chaincodeFault(
  extension: ChaincodeHeaderExtension,
  result: ChaincodeAction,
): TxValidationCode | undefined {
  if (extension.chaincodeId === undefined || result.chaincodeId === undefined) {
    return TxValidationCode.INVALID_OTHER_REASON;
  }
  const { name } = extension.chaincodeId;
  if (name === "" || name !== result.chaincodeId.name || result.chaincodeId.version === "") {
    return TxValidationCode.INVALID_CHAINCODE;
  }
  if (result.events.length === 0) return undefined;
  const event = tryDecode(ChaincodeEvent, result.events);
  return event?.chaincodeId === name ? undefined : TxValidationCode.INVALID_OTHER_REASON;
}

function hasDuplicates(writes: readonly NamespaceWrites[]): boolean {
  return new Set(writes.map(({ namespace }) => namespace)).size < writes.length;
}

// In the order of the read-write set, so that every peer meets the same failing namespace first. (Fabric's order is
// random.) The invoked chaincode has a say even if it wrote nothing.
function judges(name: string, writes: readonly NamespaceWrites[]): readonly NamespaceWrites[] {
  const judging = writes.filter(({ namespace, keys }) => namespace === name || keys.length > 0);
  if (judging.some(({ namespace }) => namespace === name)) return judging;
  return [{ namespace: name, keys: [], metadataKeys: [] }, ...judging];
}

function refused(code: TxValidationCode): Dispatch {
  return { kind: "refused", code };
}
