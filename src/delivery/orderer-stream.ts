import type { Clock } from "../kernel/ports/clock.ts";
import type { Random } from "../kernel/ports/random.ts";
import {
  RpcError,
  type RpcChannel,
  type RpcDialer,
  type RpcStream,
  type RpcTarget,
} from "../kernel/ports/rpc.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import {
  AtomicBroadcastDefinition,
  Status,
  methodOf,
  type Block,
  type DeliverResponse,
  type Envelope,
  type SeekInfo,
} from "../wire/index.ts";
import { seekFrom, seekNewestHeader } from "./core/pull-seeks.ts";
import { PULL_ANSWER_MS } from "./limits.ts";
import { seekEnvelope } from "./seek-envelope.ts";

export interface OrdererStreamDeps {
  readonly dialer: RpcDialer;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** What came of waiting for an orderer. */
export type OrdererAnswer =
  | { readonly kind: "block"; readonly block: Block }
  /** The request is over. */
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "ended" }
  /** Nothing came in time. The stream is of no use any more. */
  | { readonly kind: "silent" };

const GIVEN_UP = new RpcError("CANCELLED", "nobody waits for the orderer any more");

/** One conversation with one orderer: first whether it can be heard, then its blocks as they come. */
export class OrdererStream {
  readonly #deps: OrdererStreamDeps;
  readonly #channelId: string;
  readonly #channel: RpcChannel;
  readonly #stream: RpcStream<Envelope, DeliverResponse>;
  readonly #responses: AsyncIterator<DeliverResponse>;
  readonly #connection = new AbortController();
  readonly #signal: AbortSignal;

  /** Until `signal` is aborted: what is waited for then is rejected. */
  constructor(deps: OrdererStreamDeps, channelId: string, target: RpcTarget, signal: AbortSignal) {
    this.#deps = deps;
    this.#channelId = channelId;
    this.#signal = signal;
    this.#channel = deps.dialer.dial(target);
    const options = { signal: this.#connection.signal };
    this.#stream = this.#channel.stream(methodOf(AtomicBroadcastDefinition, "deliver"), options);
    this.#responses = this.#stream.responses[Symbol.asyncIterator]();
    signal.addEventListener("abort", this.#abort);
    if (signal.aborted) this.#abort();
  }

  /**
   * Asks which block is the orderer's newest: its number, or how the orderer failed to say. Not to be believed, though it was
   * heard. Rejects with `RpcError`.
   */
  async newest(): Promise<number | Exclude<OrdererAnswer, { kind: "block" }>> {
    return this.#within(PULL_ANSWER_MS, async () => {
      await this.#ask(seekNewestHeader());
      const answer = await this.#receive();
      if (answer.kind !== "block") return answer;
      const end = await this.#receive();
      const isDone = end.kind === "status" && end.status === Status.SUCCESS;
      return isDone ? (answer.block.header?.number ?? 0) : { kind: "ended" };
    });
  }

  /** Asks for block `number` and all after it, with `isBestEffort` also of an orderer without a leader. Rejects with `RpcError`. */
  async follow(number: number, isBestEffort: boolean): Promise<void> {
    await this.#ask(seekFrom(number, isBestEffort));
  }

  /** Waits `patienceMs` at most. Rejects with `RpcError`. */
  next(patienceMs: number): Promise<OrdererAnswer> {
    return this.#within(patienceMs, () => this.#receive());
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#abort();
    this.#channel.close();
  }

  readonly #abort = (): void => {
    // Without a reason an exception is made each time, which nobody reads.
    this.#connection.abort(GIVEN_UP);
  };

  async #within<T>(limitMs: number, wait: () => Promise<T>): Promise<T | { kind: "silent" }> {
    const limit = { isOver: false };
    const timer = this.#deps.timers.after(limitMs, () => {
      limit.isOver = true;
      this.#abort();
    });
    try {
      return await wait();
    } catch (error) {
      if (limit.isOver) return { kind: "silent" };
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #receive(): Promise<OrdererAnswer> {
    const next = await this.#responses.next();
    if (next.done === true) return { kind: "ended" };
    const { type } = next.value;
    return type?.$case === "block"
      ? { kind: "block", block: type.value }
      : { kind: "status", status: type?.value ?? Status.UNKNOWN };
  }

  async #ask(seek: SeekInfo): Promise<void> {
    const { signer, random, clock, dialer } = this.#deps;
    const envelope = await seekEnvelope(signer, random, {
      channelId: this.#channelId,
      seek,
      nowMs: clock.wallMs(),
      tlsCertificate: dialer.localCertificate,
    });
    await this.#stream.send(envelope);
  }
}
