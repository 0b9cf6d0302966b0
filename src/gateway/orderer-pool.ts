import type { OrdererEndpoint } from "../channel/index.ts";
import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Counter, Meter } from "../kernel/ports/meter.ts";
import type { RpcChannel } from "../kernel/ports/rpc.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { Status, type BroadcastResponse, type Envelope } from "../wire/index.ts";
import { BroadcastStreams } from "./broadcast-streams.ts";
import type { Connections } from "./connections.ts";
import { ORDERER_AVOIDED_MS } from "./limits.ts";
import { withinTime } from "./within-call.ts";

export interface OrdererPoolDeps {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly meter: Meter;
}

/** An orderer's answer, or why there is none. */
export type OrdererReply =
  | { readonly kind: "answered"; readonly response: BroadcastResponse }
  | { readonly kind: "failed"; readonly message: string };

/** Hands transactions to orderers. */
export class OrdererPool {
  readonly #deps: OrdererPoolDeps;
  readonly #timeoutMs: number;
  readonly #broadcasts: Counter;
  /** Each connection has its streams; a connection that is given up takes them with it. */
  readonly #streams = new WeakMap<RpcChannel, BroadcastStreams>();
  /** When a connection last failed or was slow, on the monotonic clock. */
  readonly #failedAtMs = new WeakMap<RpcChannel, number>();

  constructor(deps: OrdererPoolDeps, options: { readonly timeoutMs: number }) {
    this.#deps = deps;
    this.#timeoutMs = options.timeoutMs;
    this.#broadcasts = deps.meter.counter({
      name: "gateway_broadcasts_total",
      help: "Transactions sent to orderers, by what came of it.",
      labels: ["outcome"],
    });
  }

  /** Whether the orderer has failed or was slow so recently that others should be asked first. */
  isAvoided(endpoint: OrdererEndpoint): boolean {
    const failedAtMs = this.#failedAtMs.get(this.#connection(endpoint));
    if (failedAtMs === undefined) return false;
    return this.#deps.clock.monotonicMs() - failedAtMs < ORDERER_AVOIDED_MS;
  }

  /** Asks the orderer only after others, for a while. */
  avoid(endpoint: OrdererEndpoint): void {
    this.#failedAtMs.set(this.#connection(endpoint), this.#deps.clock.monotonicMs());
  }

  /** Never rejects. */
  async send(
    endpoint: OrdererEndpoint,
    envelope: Envelope,
    signal: AbortSignal,
  ): Promise<OrdererReply> {
    const connection = this.#connection(endpoint);
    const reply = await withinTime<OrdererReply>(
      this.#deps.timers,
      this.#timeoutMs,
      signal,
      (own) => this.#exchange(connection, envelope, own),
      (reason) => ({
        kind: "failed",
        message: reason === "timeout" ? "context deadline exceeded" : "context canceled",
      }),
    );
    const isFailed = reply.kind === "failed";
    if (isFailed && !signal.aborted) {
      this.#failedAtMs.set(connection, this.#deps.clock.monotonicMs());
    }
    const outcome = isFailed ? "FAILED" : statusName(reply.response.status);
    this.#broadcasts.add(1, { outcome });
    return reply;
  }

  async #exchange(
    connection: RpcChannel,
    envelope: Envelope,
    signal: AbortSignal,
  ): Promise<OrdererReply> {
    try {
      const response = await this.#streamsOf(connection).send(envelope, signal);
      return { kind: "answered", response };
    } catch (error) {
      return { kind: "failed", message: errorMessage(error) };
    }
  }

  #connection({ address, tlsRootsPem }: OrdererEndpoint): RpcChannel {
    return this.#deps.connections.to(address, tlsRootsPem);
  }

  #streamsOf(connection: RpcChannel): BroadcastStreams {
    const known = this.#streams.get(connection);
    if (known !== undefined) return known;
    const streams = new BroadcastStreams(connection);
    this.#streams.set(connection, streams);
    return streams;
  }
}

/** A status by its name in Fabric's protocol; empty for a number that has none, as in Fabric's texts. */
export function statusName(status: number): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? "";
}
