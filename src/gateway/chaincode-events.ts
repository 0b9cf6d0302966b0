import { errorMessage } from "../kernel/error.ts";
import {
  ChaincodeEventsRequest,
  decodeRequest,
  type ChaincodeEventsResponse,
  type SignedChaincodeEventsRequest,
} from "../wire/index.ts";
import { authorizedChannel } from "./access.ts";
import { blockEvents } from "./core/block-events.ts";
import { callEnded, gatewayError } from "./errors.ts";
import type { GatewayChannels, GatewayLedger } from "./ports.ts";
import type { Caller } from "./requests.ts";

/** Where a stream of events begins. */
interface Start {
  readonly blockNumber: number;
  /** Transactions of that block before this one are left out. */
  readonly txIndex: number;
}

/**
 * `gateway.Gateway/ChaincodeEvents`: sends the events of a chaincode, those of one block together, until the caller has
 * enough. Rejects with `RpcError`.
 */
export async function chaincodeEvents(
  channels: GatewayChannels,
  signed: SignedChaincodeEventsRequest,
  send: (response: ChaincodeEventsResponse) => Promise<void>,
  caller: Caller,
): Promise<void> {
  const request = readRequest(signed);
  const { ledger } = await authorizedChannel(
    channels,
    request.channelId,
    "gateway/ChaincodeEvents",
    { data: signed.request, identity: request.identity, signature: signed.signature },
  );
  const start = startOf(request, ledger);
  for (let blockNumber = start.blockNumber; ; blockNumber += 1) {
    const block = await readWhenCommitted(ledger, blockNumber, caller);
    const firstIndex = blockNumber === start.blockNumber ? start.txIndex : 0;
    const events = blockEvents(block, request.chaincodeId, firstIndex);
    if (events.length > 0) await send({ events: [...events], blockNumber });
  }
}

async function readWhenCommitted(
  ledger: GatewayLedger,
  blockNumber: number,
  caller: Caller,
): Promise<NonNullable<Awaited<ReturnType<GatewayLedger["read"]>>>> {
  const isThere = await ledger.waitForHeight(blockNumber + 1, caller.signal);
  if (caller.signal.aborted) throw callEnded(caller, "context deadline exceeded");
  const block = isThere ? await ledger.read(blockNumber) : undefined;
  if (block === undefined) throw gatewayError("ABORTED", `block ${blockNumber} cannot be read`);
  return block;
}

function readRequest(signed: SignedChaincodeEventsRequest): ChaincodeEventsRequest {
  if (signed.request.length === 0) {
    throw gatewayError("INVALID_ARGUMENT", "a chaincode events request is required");
  }
  try {
    return decodeRequest(ChaincodeEventsRequest, signed.request);
  } catch (error) {
    throw gatewayError(
      "INVALID_ARGUMENT",
      `invalid chaincode events request: ${errorMessage(error)}`,
    );
  }
}

// A client goes on after the last transaction that it has handled, whether or not that one had an event.
function startOf(
  { afterTransactionId, startPosition }: ChaincodeEventsRequest,
  ledger: GatewayLedger,
): Start {
  const after = afterTransactionId === "" ? undefined : ledger.transaction(afterTransactionId);
  if (after !== undefined) return { blockNumber: after.blockNumber, txIndex: after.txIndex + 1 };
  const type = startPosition?.type;
  if (type === undefined || type.$case === "nextCommit") {
    return { blockNumber: ledger.height, txIndex: 0 };
  }
  if (type.$case === "specified") {
    // No ledger gets as far as numbers that are not exact.
    const blockNumber = Math.min(Number(type.value.number), Number.MAX_SAFE_INTEGER - 1);
    return { blockNumber, txIndex: 0 };
  }
  throw gatewayError("INVALID_ARGUMENT", `invalid start position type: ${type.$case}`);
}
