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

/** Half of the window at a time: an offer of room for each message would double the traffic. */
const ROOM_STEP = RPC_QUEUE_COUNT_MAX / 2;

/**
 * One end's half of the flow of messages. A sender may be `RPC_QUEUE_COUNT_MAX` messages ahead of what the other end has
 * taken from its queue; then `send` waits.
 *
 * Room is offered when a message comes while fewer than `ROOM_STEP` are unread, and when so few are left again: of what was sent
 * to the last one that there is room for, one of the two happens, so that no sender waits for ever.
 */
export class StreamEnd<In> {
  readonly received: AsyncQueue<In>;
  readonly #decode: (bytes: Uint8Array) => In;
  readonly #transmit: (frame: Frame) => void;
  #sentCount = 0;
  #roomCount = RPC_QUEUE_COUNT_MAX;
  #offeredCount = RPC_QUEUE_COUNT_MAX;
  #receivedCount = 0;
  #waiting: (() => void)[] = [];
  #failure: RpcError | undefined;
  #isOver = false;

  constructor(decode: (bytes: Uint8Array) => In, transmit: (frame: Frame) => void) {
    this.#decode = decode;
    this.#transmit = transmit;
    this.received = new AsyncQueue<In>(ROOM_STEP, () => {
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

  #offerRoom(): void {
    const takenCount = this.#receivedCount - this.received.count;
    const count = takenCount + RPC_QUEUE_COUNT_MAX;
    if (this.#isOver || count < this.#offeredCount + ROOM_STEP) return;
    this.#offeredCount = count;
    this.#transmit({ kind: "room", count });
  }

  #requireOpen(): void {
    if (this.#isOver) throw this.#failure ?? new RpcError("UNAVAILABLE", "the call has ended");
  }
}
