import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import { HeddleError } from "../../kernel/error.ts";
import {
  ChaincodeMessage_Type as MessageType,
  decodeRequest,
  DelState,
  GetState,
  GetStateByRange,
  PutState,
  QueryMetadata,
  QueryStateClose,
  QueryStateNext,
  WireError,
} from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import type { CollectionOperation, OpenRun } from "./transaction.ts";

/** The answer to one request of a contract: the payload of RESPONSE, or the reason in ERROR. */
export type RequestAnswer =
  | { readonly ok: true; readonly payload: Uint8Array }
  | { readonly ok: false; readonly reason: string };

type Handler = (payload: Uint8Array, open: OpenRun) => Uint8Array;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [MessageType.GET_STATE, getState],
  [MessageType.PUT_STATE, putState],
  [MessageType.DEL_STATE, deleteState],
  [MessageType.GET_PRIVATE_DATA_HASH, getPrivateDataHash],
  [MessageType.GET_STATE_BY_RANGE, getStateByRange],
  [MessageType.QUERY_STATE_NEXT, queryStateNext],
  [MessageType.QUERY_STATE_CLOSE, queryStateClose],
]);

const UNSUPPORTED: ReadonlyMap<number, string> = new Map<number, string>([
  [MessageType.GET_QUERY_RESULT, "rich queries are not supported by this peer's state database"],
  [MessageType.GET_HISTORY_FOR_KEY, "the history of a key is not supported by this peer"],
  [MessageType.GET_STATE_METADATA, "key-level endorsement policies are not supported by this peer"],
  [MessageType.PUT_STATE_METADATA, "key-level endorsement policies are not supported by this peer"],
  [MessageType.PURGE_PRIVATE_DATA, "purging private data is not supported by this peer"],
  [MessageType.WRITE_BATCH_STATE, "write batches are not supported by this peer"],
  [MessageType.GET_STATE_MULTIPLE, "reads of several keys are not supported by this peer"],
]);

/** Whether a message of this type asks for state. */
export function isStateRequest(type: number): boolean {
  return HANDLERS.has(type) || UNSUPPORTED.has(type);
}

/** Answers a request for state. Whatever the payload says, the answer is a value. */
export function answerStateRequest(
  type: number,
  payload: Uint8Array,
  open: OpenRun,
): RequestAnswer {
  const handler = HANDLERS.get(type);
  if (handler === undefined) return { ok: false, reason: UNSUPPORTED.get(type) ?? "unknown" };
  try {
    return { ok: true, payload: handler(payload, open) };
  } catch (error) {
    // What state refuses is the contract's affair; a broken invariant is not.
    if (!(error instanceof HeddleError)) throw error;
    const prefix = error instanceof WireError ? "unmarshal failed: " : "";
    return { ok: false, reason: prefix + error.message };
  }
}

function getState(payload: Uint8Array, { run }: OpenRun): Uint8Array {
  const { key, collection } = decodeRequest(GetState, payload);
  if (collection === "") return run.state.getState(run.namespace, key) ?? EMPTY_BYTES;
  checkCollection(run, collection, "read");
  return run.state.getPrivateData(run.namespace, collection, key) ?? EMPTY_BYTES;
}

function putState(payload: Uint8Array, { run }: OpenRun): Uint8Array {
  const { key, value, collection } = decodeRequest(PutState, payload);
  // The message is a view into a received frame; the write outlives it.
  const kept = value.slice();
  if (collection === "") {
    run.state.putState(run.namespace, key, kept);
    return EMPTY_BYTES;
  }
  checkCollection(run, collection, "write");
  run.state.putPrivateData(run.namespace, collection, key, kept);
  return EMPTY_BYTES;
}

function deleteState(payload: Uint8Array, { run }: OpenRun): Uint8Array {
  const { key, collection } = decodeRequest(DelState, payload);
  if (collection === "") {
    run.state.deleteState(run.namespace, key);
    return EMPTY_BYTES;
  }
  checkCollection(run, collection, "write");
  run.state.deletePrivateData(run.namespace, collection, key);
  return EMPTY_BYTES;
}

function getPrivateDataHash(payload: Uint8Array, { run }: OpenRun): Uint8Array {
  const { key, collection } = decodeRequest(GetState, payload);
  checkCollection(run, collection, "hash");
  return run.state.getPrivateDataHash(run.namespace, collection, key) ?? EMPTY_BYTES;
}

function getStateByRange(payload: Uint8Array, open: OpenRun): Uint8Array {
  const { startKey, endKey, collection, metadata } = decodeRequest(GetStateByRange, payload);
  if (collection !== "") throw forbidden("range queries of private data are not supported");
  const { pageSize, bookmark } = decodeRequest(QueryMetadata, metadata);
  if (pageSize !== 0 || bookmark !== "") throw forbidden("paginated queries are not supported");
  if (open.iterators.isFull) {
    throw forbidden("too many open iterators: close those that are no longer read");
  }
  const { run, iterators } = open;
  const id = iterators.open(run.namespace, run.state.range(run.namespace, startKey, endKey));
  return batchOf(open, id);
}

function queryStateNext(payload: Uint8Array, open: OpenRun): Uint8Array {
  return batchOf(open, decodeRequest(QueryStateNext, payload).id);
}

function queryStateClose(payload: Uint8Array, { iterators }: OpenRun): Uint8Array {
  return iterators.close(decodeRequest(QueryStateClose, payload).id);
}

function batchOf({ iterators }: OpenRun, id: string): Uint8Array {
  try {
    const batch = iterators.nextBatch(id);
    if (batch !== undefined) return batch;
  } catch (error) {
    iterators.close(id);
    throw error;
  }
  throw forbidden("query iterator not found");
}

const PRIVATE_DATA_IN_INIT = "private data APIs are not allowed in chaincode Init()";

function checkCollection(
  run: OpenRun["run"],
  collection: string,
  operation: CollectionOperation,
): void {
  const refusal = run.isInit ? PRIVATE_DATA_IN_INIT : run.collectionRefusal(collection, operation);
  if (refusal !== undefined) throw forbidden(refusal);
}

function forbidden(reason: string): ChaincodeError {
  return new ChaincodeError("refused", reason);
}
