import { errorMessage } from "../../src/kernel/error.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { RpcStream } from "../../src/kernel/ports/rpc.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { sleep } from "../../src/kernel/sleep.ts";
import type { StepResponse } from "../../src/wire/index.ts";
import { RECONNECT_DELAY_MS_MAX, RECONNECT_DELAY_MS_MIN, SEND_TIMEOUT_MS } from "./limits.ts";
import { maybePublicKeyOf } from "./member.ts";
import type { OutgoingStep } from "./step-codec.ts";

export interface MemberStreamDeps {
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /** Opens a stream to the member. */
  readonly open: () => RpcStream<OutgoingStep, StepResponse>;
  /** What was sent or waited may be lost. */
  readonly onBroken: () => void;
  /** Nothing waits any more: it was sent, or dropped. */
  readonly onEmptied: () => void;
}

export interface MemberStreamOptions {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Public key that the server must have proved, once the connection tells; undefined without TLS. */
  readonly serverPublicKey: string | undefined;
}

interface Queued {
  readonly request: OutgoingStep;
  readonly bytes: number;
}

/**
 * One stream of requests to one member, opened when there is something to send and again after it broke. What waits when
 * it breaks is dropped, and until the next attempt nothing is taken: whoever relies on a message sends it again.
 */
export class MemberStream {
  readonly #deps: MemberStreamDeps;
  readonly #options: MemberStreamOptions;
  readonly #closing = new AbortController();
  #queue: Queued[] = [];
  #bytes = 0;
  #failures = 0;
  #state: "idle" | "sending" | "backing off" | "closed" = "idle";
  #stream: RpcStream<OutgoingStep, StepResponse> | undefined;
  // Whether the certificate of #stream's connection was looked at: it stays the same as long as the stream lives.
  #isChecked = false;
  // Set when the member ended #stream.
  #end: Error | undefined;

  constructor(deps: MemberStreamDeps, options: MemberStreamOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get count(): number {
    return this.#queue.length;
  }

  /** False while it is broken or closed. */
  get isReady(): boolean {
    return this.#state === "idle" || this.#state === "sending";
  }

  /** Takes `request` of about `bytes` bytes for sending, or answers false: full, broken, or closed. */
  offer(request: OutgoingStep, bytes: number): boolean {
    if (!this.isReady) return false;
    const isFull =
      this.#queue.length >= this.#options.countMax ||
      (this.#queue.length > 0 && this.#bytes + bytes > this.#options.bytesMax);
    if (isFull) return false;
    this.#queue.push({ request, bytes });
    this.#bytes += bytes;
    if (this.#state === "idle") void this.#send();
    return true;
  }

  close(): void {
    this.#state = "closed";
    this.#closing.abort();
    this.#drop();
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  async #send(): Promise<void> {
    this.#state = "sending";
    try {
      while (this.#queue.length > 0) {
        const stream = (this.#stream ??= this.#open());
        this.#check(stream);
        await this.#sendOne(stream);
        this.#failures = 0;
      }
      this.#rest();
    } catch (error) {
      await this.#backOff(error);
    }
  }

  #rest(): void {
    if (this.#state === "sending") this.#state = "idle";
    this.#deps.onEmptied();
  }

  async #sendOne(stream: RpcStream<OutgoingStep, StepResponse>): Promise<void> {
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#bytes -= next.bytes;
    const timeout = this.#deps.timers.after(SEND_TIMEOUT_MS, () => {
      stream.cancel();
    });
    try {
      await stream.send(next.request);
    } finally {
      timeout.cancel();
    }
  }

  #open(): RpcStream<OutgoingStep, StepResponse> {
    this.#end = undefined;
    this.#isChecked = false;
    const stream = this.#deps.open();
    void this.#drain(stream);
    return stream;
  }

  // The responses say nothing; their end says that the stream is gone.
  async #drain(stream: RpcStream<OutgoingStep, StepResponse>): Promise<void> {
    let end = new Error("the member ended the stream");
    try {
      for await (const { payload } of stream.responses) {
        this.#deps.logger.trace("a member answered", { status: payload?.value.status });
      }
    } catch (error) {
      end = error instanceof Error ? error : end;
    }
    if (this.#stream !== stream) return;
    this.#end = end;
    // A loop that is sending finds it before its next message.
    if (this.#state === "idle") await this.#backOff(end);
  }

  // Fabric: besides chaining to the member's CA the server must hold the very key that the channel's configuration names.
  #check(stream: RpcStream<OutgoingStep, StepResponse>): void {
    if (this.#end !== undefined) throw this.#end;
    const { serverPublicKey } = this.#options;
    if (this.#isChecked) return;
    const certificate = stream.peerCertificate();
    if (serverPublicKey === undefined || certificate === undefined) return;
    if (maybePublicKeyOf(certificate) !== serverPublicKey) {
      throw new Error("the server's TLS certificate is not the one in the channel's configuration");
    }
    this.#isChecked = true;
  }

  async #backOff(error: unknown): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "backing off";
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#drop();
    this.#failures += 1;
    this.#deps.logger.debug("the stream to a member broke", { reason: errorMessage(error) });
    this.#deps.onBroken();
    await sleep(this.#deps.timers, this.#delayMs(), this.#closing.signal);
    if (!this.#closing.signal.aborted) this.#state = "idle";
  }

  #delayMs(): number {
    const doublings = Math.min(this.#failures - 1, 10);
    const longest = Math.min(RECONNECT_DELAY_MS_MAX, RECONNECT_DELAY_MS_MIN * 2 ** doublings);
    return longest / 2 + this.#deps.random.below(Math.ceil(longest / 2) + 1);
  }

  #drop(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#deps.onEmptied();
  }
}
