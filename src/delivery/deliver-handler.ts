import { sha256 } from "../crypto/index.ts";
import { ConcurrencyLimit } from "../kernel/concurrency-limit.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Meter } from "../kernel/ports/meter.ts";
import {
  serveStream,
  type RpcBinding,
  type RpcCall,
  type RpcStreamHandler,
} from "../kernel/ports/rpc.ts";
import {
  AtomicBroadcastDefinition,
  DeliverDefinition,
  Status,
  methodOf,
  type Envelope,
} from "../wire/index.ts";
import { readSeekRequest, type SeekRequest, type SeekRequestChecks } from "./core/seek-request.ts";
import { DeliverSession } from "./deliver-session.ts";
import {
  ORDERER_BLOCKS,
  PEER_BLOCKS,
  PEER_FILTERED_BLOCKS,
  type DeliverVariant,
} from "./deliver-variant.ts";
import { DELIVER_STREAMS_MAX, DELIVER_TIME_WINDOW_MS } from "./limits.ts";
import { deliverMetrics, type DeliverMetrics } from "./metrics.ts";
import type { DeliverChannels } from "./ports.ts";

export interface DeliverDeps {
  readonly channels: DeliverChannels;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface DeliverOptions {
  /** Whether a request must carry the hash of the caller's TLS certificate: with mutual TLS. Default false. */
  readonly isTlsBindingRequired?: boolean;
  /** Default 15 minutes. */
  readonly timeWindowMs?: number;
  /** Streams open at a time, of all methods of the service. Default 2,500. */
  readonly streamsMax?: number;
}

/** `orderer.AtomicBroadcast/Deliver`. */
export function ordererDeliverBinding(deps: DeliverDeps, options: DeliverOptions = {}): RpcBinding {
  const service = new DeliverService(deps, "/orderer.AtomicBroadcast", options);
  return serveStream(
    methodOf(AtomicBroadcastDefinition, "deliver"),
    service.handler(ORDERER_BLOCKS),
  );
}

/** `protos.Deliver/Deliver` and `/DeliverFiltered`. DeliverWithPrivateData is not served: UNIMPLEMENTED. */
export function peerDeliverBindings(
  deps: DeliverDeps,
  options: DeliverOptions = {},
): readonly RpcBinding[] {
  const service = new DeliverService(deps, "/protos.Deliver", options);
  return [
    serveStream(methodOf(DeliverDefinition, "deliver"), service.handler(PEER_BLOCKS)),
    serveStream(
      methodOf(DeliverDefinition, "deliverFiltered"),
      service.handler(PEER_FILTERED_BLOCKS),
    ),
  ];
}

class DeliverService {
  readonly #deps: DeliverDeps;
  readonly #options: DeliverOptions;
  readonly #limit: ConcurrencyLimit;
  readonly #metrics: DeliverMetrics;

  constructor(deps: DeliverDeps, name: string, options: DeliverOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#limit = new ConcurrencyLimit(name, options.streamsMax ?? DELIVER_STREAMS_MAX);
    this.#metrics = deliverMetrics(deps.meter);
  }

  /**
   * Answers one request after another until the caller has no more or one ends badly.
   * Every request ends with a status message; the call itself ends with OK.
   */
  handler<Response>(variant: DeliverVariant<Response>): RpcStreamHandler<Envelope, Response> {
    return (requests, send, call) =>
      this.#limit.run(async () => {
        this.#metrics.streamsOpened.add(1);
        try {
          for await (const envelope of requests) {
            const status = await this.#answer(envelope, variant, send, call);
            if (call.signal.aborted) return;
            await send(variant.status(status));
            if (status !== Status.SUCCESS) return;
          }
        } finally {
          this.#metrics.streamsClosed.add(1);
        }
      });
  }

  async #answer<Response>(
    envelope: Envelope,
    variant: DeliverVariant<Response>,
    send: (response: Response) => Promise<void>,
    call: RpcCall,
  ): Promise<Status> {
    const reading = readSeekRequest(envelope, this.#checks(call));
    if (reading.kind === "refused") {
      const fields = { peer: call.peerAddress, reason: reading.reason };
      this.#deps.logger.warn("deliver request refused", fields);
      return Status.BAD_REQUEST;
    }
    return this.#session(reading.request, variant, send, call);
  }

  async #session<Response>(
    request: SeekRequest,
    variant: DeliverVariant<Response>,
    send: (response: Response) => Promise<void>,
    call: RpcCall,
  ): Promise<Status> {
    const { channelId } = request;
    const channel = this.#deps.channels.channel(channelId);
    if (channel === undefined) return Status.NOT_FOUND;
    const labels = {
      channel: channelId,
      filtered: String(variant.dataType === "filtered_block"),
      data_type: variant.dataType,
    };
    this.#metrics.requestsReceived.add(1, labels);
    let status: Status = Status.INTERNAL_SERVER_ERROR;
    try {
      const session = new DeliverSession({
        channel,
        request,
        clock: this.#deps.clock,
        signal: call.signal,
        policyPath: (config) => variant.policyPath(config),
        send: async (block) => {
          await send(variant.block(block, channelId));
          this.#metrics.blocksSent.add(1, labels);
        },
      });
      const ended = await session.run();
      status = ended.status;
      this.#log(channelId, call.peerAddress, status, ended.reason);
    } finally {
      const success = String(status === Status.SUCCESS);
      this.#metrics.requestsCompleted.add(1, { ...labels, success });
    }
    return status;
  }

  #log(channel: string, peer: string, status: Status, reason: string): void {
    const fields = { channel, peer, status, reason };
    if (status === Status.SUCCESS) this.#deps.logger.debug("deliver request done", fields);
    else this.#deps.logger.warn("deliver request ended", fields);
  }

  #checks(call: RpcCall): SeekRequestChecks {
    const certificate = call.peerCertificate;
    const certHash = certificate && sha256(certificate);
    return {
      nowMs: this.#deps.clock.wallMs(),
      timeWindowMs: this.#options.timeWindowMs ?? DELIVER_TIME_WINDOW_MS,
      ...(this.#options.isTlsBindingRequired === true ? { tlsBinding: { certHash } } : {}),
    };
  }
}
