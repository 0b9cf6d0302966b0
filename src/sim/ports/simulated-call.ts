/** A call between two processes: the connection under it, its frames on their way, and its end. */
import { errorMessage } from "../../kernel/error.ts";
import type { AsyncQueue } from "../../kernel/async-queue.ts";
import { RpcError, type RpcBinding, type RpcCall, type RpcMethod } from "../../kernel/ports/rpc.ts";
import type { Timer } from "../../kernel/ports/timers.ts";
import { StreamEnd, type Frame } from "./simulated-stream.ts";
import {
  SILENCE_MS,
  unreachable,
  type NetworkHost,
  type OpenCall,
  type SimulatedNetwork,
} from "./simulated-network.ts";

/** One way of a call: frames leave in order and arrive in order. */
interface Way {
  readonly from: NetworkHost;
  readonly to: NetworkHost;
  readonly arrive: (frame: Frame) => void;
  /** Waiting for a way that is cut. */
  readonly held: Frame[];
  lastAtMs: number;
  silence: Timer | undefined;
}

export interface CallRequest {
  readonly network: SimulatedNetwork;
  readonly client: NetworkHost;
  /** DER of what the client presents. */
  readonly certificate: Uint8Array;
  readonly address: string;
  readonly method: RpcMethod<unknown, unknown>;
  readonly timeoutMs: number | undefined;
}

const CANCELLED = new RpcError("CANCELLED", "the call was cancelled");

export class SimulatedCall implements OpenCall {
  readonly client: string;
  readonly server: string;
  /** The client's end: responses come in. */
  readonly near: StreamEnd<unknown>;
  /** Called once, when the client knows the end. */
  onEnd: () => void = () => undefined;
  readonly #request: CallRequest;
  readonly #far: StreamEnd<unknown> | undefined;
  readonly #there: Way | undefined;
  readonly #back: Way | undefined;
  // Made when a handler is called: most of what is on the way has none yet, or is over.
  #abort: AbortController | undefined;
  #isOverAtServer = false;
  #serverCertificate: Uint8Array | undefined;
  #deadline: Timer | undefined;
  #isDeadlineExceeded = false;
  #isServed = false;

  constructor(request: CallRequest) {
    const { network, client, address, method } = request;
    this.#request = request;
    const listener = network.listener(address);
    this.client = client.name;
    this.server = hostOf(address);
    this.near = new StreamEnd<unknown>(
      (bytes) => method.response.decode(bytes),
      (frame) => {
        this.#put(this.#there, frame);
      },
    );
    network.open(this);
    if (request.timeoutMs !== undefined) this.#deadline = this.#startDeadline(request.timeoutMs);
    if (listener === undefined) {
      this.#refuse("connection refused");
      return;
    }
    const { host } = listener;
    if (isTurnedAway(network, client, host)) {
      network.onTurnedAway();
      this.#refuse("certificate has expired");
      return;
    }
    this.#far = new StreamEnd<unknown>(
      (bytes) => method.request.decode(bytes),
      (frame) => {
        this.#put(this.#back, frame);
      },
    );
    this.#there = wayOf(client, host, network, (frame) => {
      this.#atServer(frame, listener.bindings.get(method.path));
    });
    this.#back = wayOf(host, client, network, (frame) => {
      this.#serverCertificate = host.certificate;
      this.#atClient(frame);
    });
  }

  get serverCertificate(): Uint8Array | undefined {
    return this.#serverCertificate;
  }

  get unreadCount(): number {
    return Math.max(this.near.received.count, this.#far?.received.count ?? 0);
  }

  halfClose(): void {
    this.#put(this.#there, { kind: "half-close" });
  }

  /** The client wants no more of it. */
  cancel(error: RpcError = CANCELLED): void {
    if (this.near.isOver) return;
    this.#put(this.#there, { kind: "end", error: CANCELLED });
    this.#endAtClient(error);
  }

  involves(host: NetworkHost): boolean {
    return this.#request.client === host || this.#there?.to === host;
  }

  break(reason: string): void {
    const { network, client, address } = this.#request;
    network.forget(this);
    for (const way of [this.#there, this.#back]) way?.silence?.cancel();
    client.time.run(() => {
      this.#endAtClient(unreachable(address, reason));
    });
    this.#there?.to.time.run(() => {
      this.#endAtServer();
    });
  }

  flush(): void {
    for (const way of [this.#there, this.#back]) {
      if (way === undefined || this.#isCut(way)) continue;
      way.silence?.cancel();
      way.silence = undefined;
      for (const frame of way.held.splice(0)) this.#launch(way, frame);
    }
  }

  // Nobody serves: the machine says so, or there is no answer at all.
  #refuse(reason: string): void {
    const { network, client, address } = this.#request;
    const { links } = network;
    const isCut =
      network.isDark(this.server) ||
      links.isCut(client.name, this.server) ||
      links.isCut(this.server, client.name);
    const delayMs = isCut ? SILENCE_MS : 2 * links.delayMs(client.name, this.server);
    network.time.after(delayMs, () => {
      client.time.run(() => {
        this.#endAtClient(unreachable(address, reason));
      });
    });
  }

  #startDeadline(timeoutMs: number): Timer {
    return this.#request.client.time.after(timeoutMs, () => {
      this.#isDeadlineExceeded = true;
      this.cancel(new RpcError("DEADLINE_EXCEEDED", "deadline exceeded"));
    });
  }

  #put(way: Way | undefined, frame: Frame): void {
    if (way === undefined || this.#isOverAtServer || way.from.time.isDead) return;
    if (!this.#isCut(way)) {
      this.#launch(way, frame);
      return;
    }
    way.held.push(frame);
    way.silence ??= this.#request.network.time.after(SILENCE_MS, () => {
      this.break("no answer: keepalive timed out");
    });
  }

  #launch(way: Way, frame: Frame): void {
    const { network } = this.#request;
    network.messageCount += 1;
    const nowMs = network.time.monotonicMs();
    const delayMs = network.links.delayMs(way.from.name, way.to.name);
    way.lastAtMs = Math.max(way.lastAtMs, nowMs + delayMs);
    network.time.after(way.lastAtMs - nowMs, () => {
      // What was on the way when it was cut is lost and sent again.
      if (this.#isCut(way)) this.#put(way, frame);
      else
        way.to.time.run(() => {
          way.arrive(frame);
        });
    });
  }

  #isCut(way: Way): boolean {
    return this.#request.network.links.isCut(way.from.name, way.to.name);
  }

  #atClient(frame: Frame): void {
    if (frame.kind === "end") this.#endAtClient(frame.error);
    else if (frame.kind !== "half-close") {
      const fault = this.near.receive(frame);
      if (fault !== undefined) {
        const { path } = this.#request.method;
        this.cancel(
          new RpcError("INTERNAL", `${path}: the server's answer is malformed: ${fault}`),
        );
      }
    }
  }

  #atServer(frame: Frame, binding: RpcBinding | undefined): void {
    const far = this.#far;
    if (far === undefined || this.#isOverAtServer) return;
    if (!this.#isServed) {
      this.#isServed = true;
      if (binding === undefined) {
        this.#answer(new RpcError("UNIMPLEMENTED", `unknown method ${this.#request.method.path}`));
        return;
      }
      this.#serve(binding, far);
    }
    if (frame.kind === "half-close") far.received.end();
    else if (frame.kind === "end") this.#endAtServer();
    else {
      const fault = far.receive(frame);
      if (fault !== undefined) {
        const { path } = this.#request.method;
        far.received.fail(new RpcError("INVALID_ARGUMENT", `${path}: ${fault}`));
        if (binding?.kind === "unary") this.#answer(new RpcError("INVALID_ARGUMENT", fault));
      }
    }
  }

  #serve(binding: RpcBinding, far: StreamEnd<unknown>): void {
    const { method } = this.#request;
    const call = this.#context();
    const send = (response: unknown): Promise<void> => far.send(method.response.encode(response));
    const served =
      binding.kind === "unary"
        ? firstOf(far.received).then(async (request) => {
            await send(await binding.handler(request, call));
          })
        : binding.handler(far.received, send, call);
    served.then(
      () => {
        this.#settle(undefined);
      },
      (error: unknown) => {
        this.#settle(statusOf(error));
      },
    );
  }

  #context(): RpcCall {
    const { client, certificate } = this.#request;
    this.#abort = new AbortController();
    this.#request.network.serving(this.#abort);
    return {
      signal: this.#abort.signal,
      isDeadlineExceeded: () => this.#isDeadlineExceeded,
      peerAddress: `${client.name}:0`,
      peerCertificate: certificate,
      localCertificate: this.#there?.to.certificate,
    };
  }

  #settle(error: RpcError | undefined): void {
    if (this.#abort !== undefined) this.#request.network.settled(this.#abort);
    this.#answer(error);
  }

  #answer(error: RpcError | undefined): void {
    if (this.#far === undefined || this.#far.isOver) return;
    this.#put(this.#back, { kind: "end", error });
    this.#far.finish(error);
  }

  #endAtClient(error: RpcError | undefined): void {
    this.#deadline?.cancel();
    if (this.near.isOver) return;
    this.near.finish(error);
    this.onEnd();
    if (this.#there === undefined) this.#request.network.forget(this);
    else if (this.#far?.isOver === true) this.#request.network.forget(this);
  }

  #endAtServer(): void {
    this.#request.network.forget(this);
    this.#far?.finish(CANCELLED);
    this.#isOverAtServer = true;
    this.#abort?.abort(CANCELLED);
  }
}

// As TLS does it: whoever dials looks at the server's certificate, and what is open stays open.
function isTurnedAway(network: SimulatedNetwork, client: NetworkHost, host: NetworkHost): boolean {
  return client.time.wallMs() > host.certificateEndsMs && !network.isConnected(client, host);
}

function wayOf(
  from: NetworkHost,
  to: NetworkHost,
  network: SimulatedNetwork,
  arrive: (frame: Frame) => void,
): Way {
  return { from, to, arrive, held: [], lastAtMs: network.time.monotonicMs(), silence: undefined };
}

async function firstOf(requests: AsyncQueue<unknown>): Promise<unknown> {
  for await (const request of requests) return request;
  throw CANCELLED;
}

function statusOf(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError("UNKNOWN", errorMessage(error));
}

/** The machine of `host:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
