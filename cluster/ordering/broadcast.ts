import { ConcurrencyLimit } from "../../src/kernel/concurrency-limit.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter, MetricLabels } from "../../src/kernel/ports/meter.ts";
import { serveStream, type RpcBinding } from "../../src/kernel/ports/rpc.ts";
import {
  AtomicBroadcastDefinition,
  HeaderType,
  Status,
  methodOf,
  type BroadcastResponse,
  type Envelope,
} from "../../src/wire/index.ts";
import { AnsweredStream } from "./answered-stream.ts";
import { badRequest, classify, unavailable, type Refusal } from "./core/message-rules.ts";
import {
  RateLimits,
  type Caller,
  type RateExcess,
  type RateLimitOptions,
} from "./core/rate-limits.ts";
import { BROADCAST_STREAMS_MAX, BROADCAST_WINDOW_MAX, RATE_BUCKETS_MAX } from "./limits.ts";
import type { ConfigUpdates } from "./config-updates.ts";
import type { MessageValidator } from "./message-validator.ts";
import { broadcastMetrics, type BroadcastMetrics } from "./metrics.ts";
import type { OrderingChain } from "./ordering-chain.ts";
import type { ConfigInForce } from "./ports.ts";

/** What Broadcast needs of a channel that this node orders. */
export interface BroadcastChannel {
  readonly validator: Pick<MessageValidator, "validate">;
  readonly configUpdates: Pick<ConfigUpdates, "process">;
  readonly chain: Pick<OrderingChain, "order">;
  readonly config: Pick<ConfigInForce, "current">;
}

export interface BroadcastDeps {
  /** Undefined for a channel that this node does not order. */
  readonly channel: (channelId: string) => BroadcastChannel | undefined;
  /** Why nothing is taken at the moment. Default: everything is. */
  readonly closedFor?: () => string | undefined;
  /** Why a channel that it does order cannot be served by this node now. Default: that does not happen. */
  readonly outage?: (channelId: string) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface BroadcastOptions {
  /** Default: none, as in Fabric. */
  readonly rateLimits?: RateLimitOptions;
  /** Streams open at a time. Default `BROADCAST_STREAMS_MAX`. */
  readonly streamsMax?: number;
}

interface Tally {
  channel: string;
  type: string;
}

const SUCCESS: BroadcastResponse = { status: Status.SUCCESS, info: "" };

/**
 * `/orderer.AtomicBroadcast/Broadcast`. Responses come in the order of the requests; envelopes of one stream are
 * ordered side by side. Fabric: the first response that is not SUCCESS ends the stream.
 */
export class Broadcast {
  readonly #deps: BroadcastDeps;
  readonly #metrics: BroadcastMetrics;
  readonly #rateLimits: RateLimits | undefined;
  readonly #streams: ConcurrencyLimit;

  constructor(deps: BroadcastDeps, options: BroadcastOptions = {}) {
    this.#deps = deps;
    this.#metrics = broadcastMetrics(deps.meter);
    const { rateLimits, streamsMax = BROADCAST_STREAMS_MAX } = options;
    this.#rateLimits = rateLimits && new RateLimits(rateLimits, RATE_BUCKETS_MAX);
    this.#streams = new ConcurrencyLimit("/orderer.AtomicBroadcast", streamsMax);
  }

  binding(): RpcBinding {
    const method = methodOf(AtomicBroadcastDefinition, "broadcast");
    return serveStream(method, (requests, send, { signal }) => {
      const stream = new AnsweredStream<Envelope, BroadcastResponse>({
        answer: (envelope) => this.process(envelope, signal),
        send,
        isLast: ({ status }) => status !== Status.SUCCESS,
        windowMax: BROADCAST_WINDOW_MAX,
      });
      return this.#streams.run(() => stream.serve(requests));
    });
  }

  /**
   * Validates and orders one envelope. SUCCESS: it is in a block that is committed and durable. Waits no longer once
   * `signal` is aborted. Never rejects.
   */
  async process(envelope: Envelope, signal?: AbortSignal): Promise<BroadcastResponse> {
    const tally: Tally = { channel: "unknown", type: "unknown" };
    const refusal = await this.#order(envelope, tally, signal);
    const response = refusal ?? SUCCESS;
    this.#metrics.processed.add(1, labelsOf(tally, statusName(response.status)));
    if (refusal !== undefined)
      this.#deps.logger.debug("refused a transaction", { ...tally, ...refusal });
    return response;
  }

  async #order(
    envelope: Envelope,
    tally: Tally,
    signal: AbortSignal | undefined,
  ): Promise<Refusal | undefined> {
    const startMs = this.#deps.clock.monotonicMs();
    const classified = classify(envelope);
    const { opened } = classified;
    const channel = opened && this.#deps.channel(opened.channelHeader.channelId);
    if (opened !== undefined) tally.type = typeName(opened.channelHeader.type);
    // Names of channels that do not exist are the client's invention, and no label.
    if (opened !== undefined && channel !== undefined)
      tally.channel = opened.channelHeader.channelId;
    if (classified.kind === "refused") return classified.refusal;
    const closedFor = this.#deps.closedFor?.();
    if (closedFor !== undefined) return unavailable(closedFor);
    if (channel === undefined) return this.#absent(classified.opened.channelHeader.channelId);
    const caller = this.#callerOf(channel, classified.opened.signatureHeader.creator);
    const excess = caller && this.#rateLimits?.excess(caller, startMs);
    if (excess !== undefined) return tooMany(excess);
    const { validator, configUpdates, chain } = channel;
    const validation =
      classified.kind === "configUpdate"
        ? await configUpdates.process(envelope)
        : await validator.validate(envelope, classified.opened);
    const validatedMs = this.#deps.clock.monotonicMs();
    const isRefused = validation.kind === "refused";
    const status = isRefused ? statusName(validation.refusal.status) : "SUCCESS";
    this.#metrics.validateSeconds.observe((validatedMs - startMs) / 1000, labelsOf(tally, status));
    if (isRefused) return validation.refusal;
    // Only now is it certain who called: nobody can use up what is another's.
    const exceeded = caller && this.#rateLimits?.take(caller, validatedMs);
    if (exceeded !== undefined) return tooMany(exceeded);
    // Of an update the configuration is ordered that it makes.
    const ordered = validation.kind === "made" ? validation.envelope : classified.opened;
    const result = await chain.order(ordered, validation.configSequence, signal);
    const enqueuedSeconds = (this.#deps.clock.monotonicMs() - validatedMs) / 1000;
    const isOrdered = result.kind === "ordered";
    const outcome = isOrdered ? "SUCCESS" : "SERVICE_UNAVAILABLE";
    this.#metrics.enqueueSeconds.observe(enqueuedSeconds, labelsOf(tally, outcome));
    return isOrdered ? undefined : unavailable(result.info);
  }

  // What ails this node alone is no fault of the transaction: another orderer may take it.
  #absent(channelId: string): Refusal {
    const outage = this.#deps.outage?.(channelId);
    return outage === undefined ? badRequest("channel does not exist") : unavailable(outage);
  }

  // An identity that cannot be read does not pass the filters, so it need not be counted.
  #callerOf(channel: BroadcastChannel, creator: Uint8Array): Caller | undefined {
    if (this.#rateLimits === undefined) return undefined;
    const result = channel.config.current().mspManager.unvalidatedIdentity(creator);
    return result.ok ? { clientId: result.identity.id, mspId: result.identity.mspId } : undefined;
  }
}

// Spelt out: a spread costs several times as much, and this is done for every envelope.
function labelsOf({ channel, type }: Tally, status: string): MetricLabels {
  return { channel, type, status };
}

function tooMany({ of, retryMs }: RateExcess): Refusal {
  return unavailable(`too many transactions of this ${of}: retry in ${retryMs} ms`);
}

const STATUS_NAMES = namesOf(Status);
const TYPE_NAMES = namesOf(HeaderType);

function namesOf(values: Readonly<Record<string, unknown>>): ReadonlyMap<unknown, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]));
}

function statusName(status: Status): string {
  return STATUS_NAMES.get(status) ?? "UNKNOWN";
}

// The known names only: a client may send any number.
function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? "unknown";
}
