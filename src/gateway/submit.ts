import type { ChannelConfig, OrdererEndpoint } from "../channel/index.ts";
import type { Random } from "../kernel/ports/random.ts";
import {
  Status,
  type BroadcastResponse,
  type Envelope,
  type GatewaySubmitRequest,
  type GatewaySubmitResponse,
} from "../wire/index.ts";
import type { NodeFailure } from "./core/error-detail.ts";
import { shuffled } from "./core/shuffled.ts";
import { gatewayError } from "./errors.ts";
import { statusName, type OrdererPool } from "./orderer-pool.ts";
import { unknownChannel, type Caller } from "./requests.ts";
import { withinCall } from "./within-call.ts";

export interface SubmitDeps {
  /** Undefined for a channel that the peer has not joined. */
  channelConfig(channelId: string): ChannelConfig | undefined;
  readonly orderers: Pick<OrdererPool, "send" | "isAvoided">;
  readonly random: Random;
}

/**
 * `gateway.Gateway/Submit`: hands a signed transaction to one orderer, to the next if that one cannot take it. Rejects with
 * `RpcError`. Says nothing about whether the transaction will be valid.
 */
export async function submit(
  deps: SubmitDeps,
  request: GatewaySubmitRequest,
  caller: Caller,
): Promise<GatewaySubmitResponse> {
  const { preparedTransaction, channelId } = request;
  if (preparedTransaction === undefined) {
    throw gatewayError("INVALID_ARGUMENT", "a prepared transaction is required");
  }
  if (preparedTransaction.signature.length === 0) {
    throw gatewayError("INVALID_ARGUMENT", "prepared transaction must be signed");
  }
  const config = deps.channelConfig(channelId);
  if (config === undefined) throw gatewayError("FAILED_PRECONDITION", unknownChannel(channelId));
  const endpoints = inOrder(deps, config.ordererEndpoints());
  if (endpoints.length === 0) throw gatewayError("UNAVAILABLE", "no orderer nodes available");
  const timeoutText = "submit timeout expired while broadcasting to ordering service";
  return withinCall(caller, timeoutText, async (signal) => {
    await sendToOne(deps, endpoints, preparedTransaction, signal);
    return {};
  });
}

// Random, to spread the load; those in trouble last.
function inOrder(
  { orderers, random }: SubmitDeps,
  endpoints: readonly OrdererEndpoint[],
): readonly OrdererEndpoint[] {
  const ranked = shuffled(endpoints, random).map((endpoint) => ({
    endpoint,
    isAvoided: orderers.isAvoided(endpoint),
  }));
  return ranked
    .toSorted((a, b) => Number(a.isAvoided) - Number(b.isAvoided))
    .map(({ endpoint }) => endpoint);
}

async function sendToOne(
  { orderers }: SubmitDeps,
  endpoints: readonly OrdererEndpoint[],
  transaction: Envelope,
  signal: AbortSignal,
): Promise<void> {
  const failures: NodeFailure[] = [];
  for (const endpoint of endpoints) {
    const reply = await orderers.send(endpoint, transaction, signal);
    const { address, mspId } = endpoint;
    if (reply.kind === "failed") {
      failures.push({ address, mspId, message: reply.message });
    } else {
      const { response } = reply;
      if (response.status === Status.SUCCESS) return;
      const message = refusalText(response);
      // The transaction is at fault: every orderer would say the same.
      if (response.status >= 400 && response.status < 500) throw gatewayError("ABORTED", message);
      failures.push({ address, mspId, message });
    }
    if (signal.aborted) break;
  }
  throw gatewayError("UNAVAILABLE", "no orderers could successfully process transaction", failures);
}

function refusalText({ status, info }: BroadcastResponse): string {
  return `received unsuccessful response from orderer: status=${statusName(status)}, info=${info}`;
}
