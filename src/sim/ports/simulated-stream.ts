/** One call over the simulated network: two ends, encoded messages between them, each way in order. */
import { AsyncQueue } from "../../kernel/async-queue.ts";
import { RPC_QUEUE_COUNT_MAX } from "../../kernel/limits.ts";
import { RpcError } from "../../kernel/ports/rpc.ts";

/** What one end says to the other. */
export type Frame =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  | { readonly kind: "half-close" }
  /** The server's last word; undefined is OK. Of a client: it cancels. */
  | { readonly kind: "end"; readonly error: RpcError | undefined }
  /** There is room again for so many messages in all. */
  | { readonly kind: "room"; readonly count: number };

/**
 * One end's half of the flow of messages. A sender may be `RPC_QUEUE_COUNT_MAX` messages ahead of what the other end has
 * taken from its queue; then `send` waits.
 */
export class StreamEnd<In> {
  readonly received: AsyncQueue<In>;
  readonly #decode: (bytes: Uint8Array) => In;
  readonly #transmit: (frame: Frame) => void;
  #sentCount = 0;
  #roomCount = RPC_QUEUE_COUNT_MAX;
  #receivedCount = 0;
  #waiting: (() => void)[] = [];
  #failure: RpcError | undefined;
  #isOver = false;

  constructor(decode: (bytes: Uint8Array) => In, transmit: (frame: Frame) => void) {
    this.#decode = decode;
    this.#transmit = transmit;
    this.received = new AsyncQueue<In>(RPC_QUEUE_COUNT_MAX, () => {
      this.#offerRoom();
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get failure(): RpcError | undefined {
    return this.#failure;
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    this.#transmit({ kind: "message", bytes });
    this.#sentCount += 1;
    if (this.#sentCount < this.#roomCount) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    this.#requireOpen();
  }

  /** A message or the offer of room arrives. Answers why a message cannot be read. */
  receive(frame: Frame & { readonly kind: "message" | "room" }): string | undefined {
    if (this.#isOver) return undefined;
    if (frame.kind === "room") {
      this.#roomCount = Math.max(this.#roomCount, frame.count);
      for (const go of this.#waiting.splice(0)) go();
      return undefined;
    }
    let message: In;
    try {
      message = this.#decode(frame.bytes);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#receivedCount += 1;
    if (this.received.push(message)) this.#offerRoom();
    return undefined;
  }

  /** Ends both directions at this end: with `error`, or in order. */
  finish(error: RpcError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = error;
    if (error === undefined) this.received.end();
    else this.received.fail(error);
    for (const go of this.#waiting.splice(0)) go();
  }

  // Half of the window at a time: an offer for each message would double the traffic.
  #offerRoom(): void {
    if (this.#isOver || this.#receivedCount < this.#offeredAt) return;
    this.#offeredAt = this.#receivedCount + RPC_QUEUE_COUNT_MAX / 2;
    this.#transmit({ kind: "room", count: this.#receivedCount + RPC_QUEUE_COUNT_MAX });
  }

  #offeredAt = RPC_QUEUE_COUNT_MAX / 2;

  #requireOpen(): void {
    if (this.#isOver) throw this.#failure ?? new RpcError("UNAVAILABLE", "the call has ended");
  }
}
