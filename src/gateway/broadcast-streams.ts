import { RpcError, type RpcChannel, type RpcStream } from "../kernel/ports/rpc.ts";
import {
  AtomicBroadcastDefinition,
  Status,
  methodOf,
  type BroadcastResponse,
  type Envelope,
} from "../wire/index.ts";
import { IDLE_STREAMS_MAX } from "./limits.ts";

const broadcast = methodOf(AtomicBroadcastDefinition, "broadcast");

/**
 * Broadcast streams to one orderer. A stream carries one transaction at a time, so that one that is refused takes no other
 * with it, and is used again for the next: opening a stream costs more than a transaction.
 */
export class BroadcastStreams {
  readonly #channel: RpcChannel;
  readonly #idle: BroadcastStream[] = [];

  constructor(channel: RpcChannel) {
    this.#channel = channel;
  }

  /** The orderer's answer. Rejects with `RpcError` when there is none. Aborting `signal` gives up the stream. */
  async send(envelope: Envelope, signal: AbortSignal): Promise<BroadcastResponse> {
    const used = this.#takeIdle();
    if (used === undefined) return this.#sendOn(this.#open(), envelope, signal);
    try {
      return await this.#sendOn(used, envelope, signal);
    } catch (error) {
      // It may have ended while it was idle. Ordering a transaction twice does no harm: the second one is invalid.
      if (signal.aborted) throw error;
      return this.#sendOn(this.#open(), envelope, signal);
    }
  }

  async #sendOn(
    stream: BroadcastStream,
    envelope: Envelope,
    signal: AbortSignal,
  ): Promise<BroadcastResponse> {
    const response = await stream.send(envelope, signal);
    // Fabric's orderers end a stream after any other answer.
    const isReusable = response.status === Status.SUCCESS && this.#idle.length < IDLE_STREAMS_MAX;
    if (isReusable) this.#idle.push(stream);
    else stream.close();
    return response;
  }

  // The one used last is the least likely to have ended meanwhile.
  #takeIdle(): BroadcastStream | undefined {
    for (let stream = this.#idle.pop(); stream !== undefined; stream = this.#idle.pop()) {
      if (!stream.isEnded) return stream;
    }
    return undefined;
  }

  #open(): BroadcastStream {
    return new BroadcastStream(this.#channel.stream(broadcast));
  }
}

interface Waiting {
  readonly resolve: (response: BroadcastResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** Invariant: at most one transaction waits for its answer. */
class BroadcastStream {
  readonly #stream: RpcStream<Envelope, BroadcastResponse>;
  #waiting: Waiting | undefined;
  #isEnded = false;

  constructor(stream: RpcStream<Envelope, BroadcastResponse>) {
    this.#stream = stream;
    void this.#receive();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  async send(envelope: Envelope, signal: AbortSignal): Promise<BroadcastResponse> {
    const onAbort = (): void => {
      this.#finish(new RpcError("CANCELLED", "context canceled"));
      this.#stream.cancel();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const answer = new Promise<BroadcastResponse>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        if (signal.aborted || this.#isEnded) onAbort();
      });
      // A stream that does not take the transaction ends, which rejects the answer.
      this.#stream.send(envelope).catch((error: unknown) => {
        this.#finish(error);
      });
      return await answer;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  close(): void {
    this.#isEnded = true;
    this.#stream.end();
    this.#stream.cancel();
  }

  async #receive(): Promise<void> {
    try {
      for await (const response of this.#stream.responses) {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        waiting?.resolve(response);
      }
      this.#finish(new RpcError("UNAVAILABLE", "EOF"));
    } catch (error) {
      this.#finish(error);
    }
  }

  #finish(error: unknown): void {
    this.#isEnded = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}
