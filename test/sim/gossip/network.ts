/** A network in memory: streams of bytes, each in order, with delay, loss and partitions, all drawn from one seed. */
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import {
  RpcError,
  type RpcBinding,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
} from "../../../src/kernel/ports/rpc.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface NetworkConditions {
  /** Of messages on open streams, 0–1. */
  lossRate: number;
  delayMsMin: number;
  delayMsMax: number;
}

interface Host {
  readonly address: string;
  readonly bindings: readonly RpcBinding[];
  readonly certificate: Uint8Array;
  /** Breaks one stream each. */
  readonly breaks: Set<() => void>;
}

/** One way of one stream: what is sent later arrives no earlier. */
interface Direction {
  readonly from: string;
  readonly to: string;
  lastMs: number;
}

const QUEUE_COUNT_MAX = 10_000;
const BROKEN = new RpcError("UNAVAILABLE", "the stream broke");

type Closable = Pick<End<never>, "isClosed" | "onClose">;

/** One end of a stream. */
class End<T> {
  readonly received = new AsyncQueue<T>(QUEUE_COUNT_MAX);
  readonly abort = new AbortController();
  onClose: () => void = () => undefined;

  get isClosed(): boolean {
    return this.abort.signal.aborted;
  }

  /** True the first time. */
  close(): boolean {
    if (this.isClosed) return false;
    this.abort.abort();
    this.received.fail(BROKEN);
    this.onClose();
    return true;
  }
}

export class SimNetwork {
  readonly conditions: NetworkConditions = { lossRate: 0, delayMsMin: 1, delayMsMax: 5 };
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  readonly #sideOf = new Map<string, number>();
  deliveredCount = 0;
  /** Streams that were ever opened. */
  openedCount = 0;
  /** Those of them that have not ended. */
  openCount = 0;

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** Listens at `address` until the returned function is called: then every stream of this host breaks. */
  listen(address: string, bindings: readonly RpcBinding[], certificate: Uint8Array): () => void {
    const host = { address, bindings, certificate, breaks: new Set<() => void>() };
    this.#hosts.set(address, host);
    return () => {
      if (this.#hosts.get(address) === host) this.#hosts.delete(address);
      for (const breakStream of [...host.breaks]) breakStream();
    };
  }

  /** Separates `addresses` from all others, without breaking streams: what crosses is lost. */
  partition(addresses: readonly string[]): void {
    for (const address of addresses) this.#sideOf.set(address, 1);
  }

  heal(): void {
    this.#sideOf.clear();
  }

  dialer(from: string, certificate: Uint8Array): RpcDialer {
    return {
      localCertificate: certificate,
      dial: ({ address }) => this.#channel(from, certificate, address),
    };
  }

  isConnected(a: string, b: string): boolean {
    return (this.#sideOf.get(a) ?? 0) === (this.#sideOf.get(b) ?? 0);
  }

  #channel(from: string, certificate: Uint8Array, address: string): RpcChannel {
    return {
      address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
      stream: (method) => this.#stream(method, from, certificate, address),
      close: () => undefined,
    };
  }

  #stream<Request, Response>(
    method: RpcMethod<Request, Response>,
    from: string,
    certificate: Uint8Array,
    address: string,
  ): RpcStream<Request, Response> {
    const client = new End<Response>();
    const server = new End<Request>();
    const there: Direction = { from, to: address, lastMs: 0 };
    const back: Direction = { from: address, to: from, lastMs: 0 };
    // The other end learns of it later, by what is on its way in this direction.
    const hangUp = (): void => {
      if (client.close()) this.#carry(there, true, () => server.close());
    };
    const drop = (): void => {
      if (server.close()) this.#carry(back, true, () => client.close());
    };
    let certificateThere: Uint8Array | undefined;
    this.#carry(there, true, () => {
      const host = this.#hosts.get(address);
      const binding = host?.bindings.find((bound) => bound.method.path === method.path);
      if (host === undefined || binding?.kind !== "stream") {
        drop();
        return;
      }
      certificateThere = host.certificate;
      this.#track([this.#hosts.get(from), host], client, server, hangUp, drop);
      const send = (response: unknown): Promise<void> => {
        if (server.isClosed) return Promise.reject(BROKEN);
        const bytes = method.response.encode(response as Response);
        this.#carry(back, false, () => client.received.push(method.response.decode(bytes)));
        return Promise.resolve();
      };
      const call = {
        signal: server.abort.signal,
        isDeadlineExceeded: () => false,
        peerAddress: from,
        peerCertificate: certificate,
        localCertificate: host.certificate,
      };
      void binding.handler(server.received, send, call).then(drop, drop);
    });
    return {
      send: (request) => {
        if (client.isClosed) return Promise.reject(BROKEN);
        const bytes = method.request.encode(request);
        this.#carry(there, false, () => server.received.push(method.request.decode(bytes)));
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: hangUp,
      responses: client.received,
      peerCertificate: () => certificateThere,
    };
  }

  /** Counts the stream while either end holds it, and lets the end of a host break it. */
  #track(
    [from, to]: readonly [Host | undefined, Host],
    client: Closable,
    server: Closable,
    hangUp: () => void,
    drop: () => void,
  ): void {
    this.openedCount += 1;
    this.openCount += 1;
    from?.breaks.add(hangUp);
    to.breaks.add(drop);
    const release = (): void => {
      if (!client.isClosed || !server.isClosed) return;
      this.openCount -= 1;
      from?.breaks.delete(hangUp);
      to.breaks.delete(drop);
    };
    client.onClose = release;
    server.onClose = release;
  }

  #carry(direction: Direction, isReliable: boolean, arrive: () => void): void {
    const { lossRate, delayMsMin, delayMsMax } = this.conditions;
    const isLost = !isReliable && this.#random.below(1_000_000) < lossRate * 1_000_000;
    const delayMs = delayMsMin + this.#random.below(Math.max(1, delayMsMax - delayMsMin + 1));
    if (isLost) return;
    const nowMs = this.#time.monotonicMs();
    direction.lastMs = Math.max(direction.lastMs, nowMs + delayMs);
    this.#time.after(direction.lastMs - nowMs, () => {
      if (!this.isConnected(direction.from, direction.to)) return;
      this.deliveredCount += 1;
      arrive();
    });
  }
}
