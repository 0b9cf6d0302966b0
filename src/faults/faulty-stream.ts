import { AsyncQueue } from "../kernel/async-queue.ts";
import { RpcError, type RpcStream } from "../kernel/ports/rpc.ts";
import { RPC_QUEUE_COUNT_MAX } from "../kernel/limits.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import type { IsDatagram } from "./datagrams.ts";
import { Jumble } from "./jumble.ts";
import type { Direction, Passage } from "./passage.ts";

export interface FaultyStreamDeps<Request, Response> {
  readonly random: Random;
  readonly timers: Timers;
  readonly isDatagram: IsDatagram | undefined;
  readonly open: () => RpcStream<Request, Response>;
}

/** A stream over a link with faults. One that is opened while nothing gets out never reaches the other end. */
export class FaultyStream<Request, Response> implements RpcStream<Request, Response> {
  readonly responses: AsyncQueue<Response>;
  readonly #passage: Passage;
  readonly #inner: RpcStream<Request, Response> | undefined;
  readonly #out: Jumble<Request>;
  readonly #in: Jumble<Response>;
  #failure: RpcError | undefined;
  /** What waits for room among the responses: a message, its copy and one that was overtaken. */
  readonly #waiting = new Set<() => void>();

  constructor(passage: Passage, deps: FaultyStreamDeps<Request, Response>) {
    this.#passage = passage;
    this.#out = this.#jumble(deps, "out", (request) => this.#sendNow(request));
    this.#in = this.#jumble(deps, "in", (response) => this.#deliver(response));
    this.responses = new AsyncQueue<Response>(RPC_QUEUE_COUNT_MAX, () => {
      for (const proceed of [...this.#waiting]) proceed();
    });
    passage.broken.catch((error: unknown) => {
      this.#finish(error);
    });
    if (passage.isBlocked("out")) {
      // Its opening is lost like any message.
      void passage.carry("out", () => Promise.resolve());
      return;
    }
    this.#inner = deps.open();
    void this.#receive(this.#inner);
  }

  send(request: Request): Promise<void> {
    if (this.#passage.isOver) return Promise.reject(this.#over());
    return this.#out.put(request);
  }

  end(): void {
    if (this.#passage.isOver) return;
    this.#out.flush().catch(() => undefined);
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
        await this.#in.put(response);
      }
      await this.#in.flush();
      await this.#passage.carry("in", () => {
        this.#finish(undefined);
        return Promise.resolve();
      });
    } catch (error) {
      this.#finish(error);
    }
  }

  #jumble<Message>(
    { random, timers, isDatagram }: FaultyStreamDeps<Request, Response>,
    direction: Direction,
    deliver: (message: Message) => Promise<void>,
  ): Jumble<Message> {
    return new Jumble({
      random,
      timers,
      isDatagram,
      faults: () => this.#passage.faults(direction),
      forward: (message) => this.#passage.carry(direction, () => deliver(message)),
    });
  }

  #sendNow(request: Request): Promise<void> {
    return this.#inner?.send(request) ?? Promise.resolve();
  }

  #deliver(response: Response): Promise<void> {
    if (this.responses.push(response)) return Promise.resolve();
    return new Promise((resolve) => {
      const { signal } = this.#passage;
      const proceed = (): void => {
        signal.removeEventListener("abort", proceed);
        this.#waiting.delete(proceed);
        resolve();
      };
      this.#waiting.add(proceed);
      signal.addEventListener("abort", proceed);
    });
  }

  #finish(error: unknown): void {
    if (error instanceof RpcError) this.#failure ??= error;
    if (error === undefined) this.responses.end();
    else this.responses.fail(error);
    this.#out.drop();
    this.#in.drop();
    this.#passage.end();
  }

  #over(): RpcError {
    return this.#failure ?? new RpcError("UNAVAILABLE", "the call has ended");
  }
}
