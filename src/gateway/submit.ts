import type { ChannelConfig, OrdererEndpoint } from "../channel/index.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";
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
import { statusName, type OrdererPool, type OrdererReply } from "./orderer-pool.ts";
import { unknownChannel, type Caller } from "./requests.ts";
import { withinCall } from "./within-call.ts";

export interface SubmitDeps {
  /** Undefined for a channel that the peer has not joined. */
  channelConfig(channelId: string): ChannelConfig | undefined;
  readonly orderers: Pick<OrdererPool, "send" | "avoid" | "isAvoided">;
  readonly random: Random;
  readonly timers: Timers;
  /** Time after which a further orderer is asked beside those that have not answered. */
  readonly patienceMs: number;
}

/**
 * `gateway.Gateway/Submit`: hands a signed transaction to one orderer, to the next if that one cannot take it or is slow. Rejects with
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

/** What one orderer made of the transaction. */
interface Outcome {
  readonly endpoint: OrdererEndpoint;
  readonly reply: OrdererReply;
}

const LATE = "late";

// An orderer that is slow keeps its chance while the next is asked. Ordering a transaction twice does no harm.
async function sendToOne(
  deps: SubmitDeps,
  endpoints: readonly OrdererEndpoint[],
  transaction: Envelope,
  signal: AbortSignal,
): Promise<void> {
  const failures: NodeFailure[] = [];
  const unasked = [...endpoints];
  const waiting = new Map<OrdererEndpoint, Promise<Outcome>>();
  for (;;) {
    const endpoint = signal.aborted ? undefined : unasked.shift();
    if (endpoint !== undefined) {
      const reply = deps.orderers.send(endpoint, transaction, signal);
      waiting.set(
        endpoint,
        reply.then((value) => ({ endpoint, reply: value })),
      );
    }
    if (waiting.size === 0) break;
    const outcome = await firstOutcome(deps, [...waiting.values()], unasked.length > 0);
    if (outcome === LATE) {
      for (const slow of waiting.keys()) deps.orderers.avoid(slow);
      continue;
    }
    waiting.delete(outcome.endpoint);
    const failure = failureIn(outcome);
    if (failure === undefined) return;
    failures.push(failure);
  }
  throw gatewayError("UNAVAILABLE", "no orderers could successfully process transaction", failures);
}

async function firstOutcome(
  { timers, patienceMs }: SubmitDeps,
  waiting: readonly Promise<Outcome>[],
  isAnotherLeft: boolean,
): Promise<Outcome | typeof LATE> {
  if (!isAnotherLeft) return Promise.race(waiting);
  let end = (): void => undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    const timer = timers.after(patienceMs, () => {
      resolve(LATE);
    });
    end = (): void => {
      timer.cancel();
    };
  });
  try {
    return await Promise.race([late, ...waiting]);
  } finally {
    end();
  }
}

// Undefined when the transaction is taken. Throws when it is at fault: every orderer would say the same.
function failureIn({ endpoint, reply }: Outcome): NodeFailure | undefined {
  const { address, mspId } = endpoint;
  if (reply.kind === "failed") return { address, mspId, message: reply.message };
  const { response } = reply;
  if (response.status === Status.SUCCESS) return undefined;
  const message = refusalText(response);
  if (response.status >= 400 && response.status < 500) throw gatewayError("ABORTED", message);
  return { address, mspId, message };
}

function refusalText({ status, info }: BroadcastResponse): string {
  return `received unsuccessful response from orderer: status=${statusName(status)}, info=${info}`;
}
