import { errorMessage } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { RpcChannel, RpcDialer, RpcMethod, RpcTarget } from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import {
  AtomicBroadcastDefinition,
  DeliverDefinition,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  methodOf,
  type Block,
  type Envelope,
  type SeekPosition,
} from "../wire/index.ts";
import type { BlockRange } from "./core/range-planner.ts";
import { CATCH_UP_RANGE_MS, CATCH_UP_SILENCE_MS } from "./limits.ts";
import { seekEnvelope } from "./seek-envelope.ts";

export interface BlockFetcherDeps {
  readonly dialer: RpcDialer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** A node that serves blocks. */
export interface FetchSource {
  readonly role: "orderer" | "peer";
  readonly target: RpcTarget;
}

/** What both Deliver services answer, as far as whole blocks go. */
interface Answer {
  readonly type?: { readonly $case: string; readonly value: unknown } | undefined;
}

/** Fetches blocks of one channel from one node, over one connection. Nothing is verified here but the numbers. */
export class BlockFetcher {
  readonly #deps: BlockFetcherDeps;
  readonly #channelId: string;
  readonly #channel: RpcChannel;
  readonly #method: RpcMethod<Envelope, Answer>;
  // A listener each on one signal of the caller's would look like a leak to Node.
  readonly #connections = new Set<AbortController>();
  #isClosed = false;

  constructor(deps: BlockFetcherDeps, channelId: string, source: FetchSource) {
    this.#deps = deps;
    this.#channelId = channelId;
    this.#channel = deps.dialer.dial(source.target);
    this.#method =
      source.role === "orderer"
        ? methodOf(AtomicBroadcastDefinition, "deliver")
        : methodOf(DeliverDefinition, "deliver");
  }

  /** Blocks that the node has, as it says. Rejects when it does not say so in time. */
  async height(timeoutMs: number): Promise<number> {
    const newest: SeekPosition = { type: { $case: "newest", value: {} } };
    for await (const block of this.#blocks(newest, newest, timeoutMs)) {
      return (block.header?.number ?? -1) + 1;
    }
    return 0;
  }

  /** Calls `take` with each block of the range in order. Answers why it ended early; undefined when it is whole. */
  async fetch(
    { first, last }: BlockRange,
    take: (number: number, block: Block) => void,
  ): Promise<string | undefined> {
    let next = first;
    try {
      const blocks = this.#blocks(at(first), at(last), CATCH_UP_SILENCE_MS);
      for await (const block of blocks) {
        if (block.header?.number !== next) return `it sent another block than ${next}`;
        take(next, block);
        next += 1;
        if (next > last) return undefined;
      }
      return "it ended the stream";
    } catch (error) {
      return errorMessage(error);
    }
  }

  /** Ends what is under way. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#connections) connection.abort();
    this.#channel.close();
  }

  async *#blocks(
    start: SeekPosition,
    stop: SeekPosition,
    silenceMs: number,
  ): AsyncGenerator<Block, void, undefined> {
    if (this.#isClosed) return;
    const { timers } = this.#deps;
    const connection = new AbortController();
    const abort = (): void => {
      connection.abort();
    };
    this.#connections.add(connection);
    let silence = timers.after(silenceMs, abort);
    const deadline = timers.after(CATCH_UP_RANGE_MS, abort);
    const stream = this.#channel.stream(this.#method, { signal: connection.signal });
    try {
      await stream.send(await this.#request(start, stop));
      for await (const { type } of stream.responses) {
        if (type?.$case !== "block") return;
        silence.cancel();
        yield type.value as Block;
        silence = timers.after(silenceMs, abort);
      }
    } finally {
      silence.cancel();
      deadline.cancel();
      this.#connections.delete(connection);
      connection.abort();
    }
  }

  #request(start: SeekPosition, stop: SeekPosition): Promise<Envelope> {
    const { signer, random, clock, dialer } = this.#deps;
    return seekEnvelope(signer, random, {
      channelId: this.#channelId,
      seek: {
        start,
        stop,
        behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
        errorResponse: SeekInfo_SeekErrorResponse.BEST_EFFORT,
        contentType: SeekInfo_SeekContentType.BLOCK,
      },
      nowMs: clock.wallMs(),
      tlsCertificate: dialer.localCertificate,
    });
  }
}

function at(number: number): SeekPosition {
  return { type: { $case: "specified", value: { number: number.toString() } } };
}
