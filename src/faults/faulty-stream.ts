import { AsyncQueue } from "../kernel/async-queue.ts";
import { RpcError, type RpcStream } from "../kernel/ports/rpc.ts";
import { RPC_QUEUE_COUNT_MAX } from "../kernel/limits.ts";
import type { Passage } from "./passage.ts";

/** A stream over a link with faults. One that is opened while nothing gets out never reaches the other end. */
export class FaultyStream<Request, Response> implements RpcStream<Request, Response> {
  readonly responses: AsyncQueue<Response>;
  readonly #passage: Passage;
  readonly #inner: RpcStream<Request, Response> | undefined;
  #failure: RpcError | undefined;
  #onRoom: () => void = () => undefined;

  constructor(passage: Passage, open: () => RpcStream<Request, Response>) {
    this.#passage = passage;
    this.responses = new AsyncQueue<Response>(RPC_QUEUE_COUNT_MAX, () => {
      this.#onRoom();
    });
    passage.broken.catch((error: unknown) => {
      this.#finish(error);
    });
    if (passage.isBlocked("out")) {
      // Its opening is lost like any message.
      void passage.carry("out", () => Promise.resolve());
      return;
    }
    this.#inner = open();
    void this.#receive(this.#inner);
  }

  send(request: Request): Promise<void> {
    if (this.#passage.isOver) return Promise.reject(this.#over());
    return this.#passage.carry("out", () => this.#inner?.send(request) ?? Promise.resolve());
  }

  end(): void {
    if (this.#passage.isOver) return;
    void this.#passage.carry("out", () => {
      this.#inner?.end();
      return Promise.resolve();
    });
  }

  cancel(): void {
    this.#passage.break(new RpcError("CANCELLED", "the call was cancelled"));
    this.#inner?.cancel();
  }

  peerCertificate(): Uint8Array | undefined {
    return this.#inner?.peerCertificate();
  }

  async #receive(inner: RpcStream<Request, Response>): Promise<void> {
    try {
      for await (const response of inner.responses) {
        await this.#passage.carry("in", () => this.#deliver(response));
      }
      await this.#passage.carry("in", () => {
        this.#finish(undefined);
        return Promise.resolve();
      });
    } catch (error) {
      this.#finish(error);
    }
  }

  #deliver(response: Response): Promise<void> {
    if (this.responses.push(response)) return Promise.resolve();
    return new Promise((resolve) => {
      const { signal } = this.#passage;
      const proceed = (): void => {
        signal.removeEventListener("abort", proceed);
        resolve();
      };
      this.#onRoom = proceed;
      signal.addEventListener("abort", proceed);
    });
  }

  #finish(error: unknown): void {
    if (error instanceof RpcError) this.#failure ??= error;
    if (error === undefined) this.responses.end();
    else this.responses.fail(error);
    this.#passage.end();
  }

  #over(): RpcError {
    return this.#failure ?? new RpcError("UNAVAILABLE", "the call has ended");
  }
}
