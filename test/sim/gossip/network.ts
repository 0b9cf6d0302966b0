/** A network in memory: streams of bytes with delay, loss, reordering and partitions, all drawn from one seed. */
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

const QUEUE_COUNT_MAX = 10_000;

export class SimNetwork {
  readonly conditions: NetworkConditions = { lossRate: 0, delayMsMin: 1, delayMsMax: 5 };
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  readonly #sideOf = new Map<string, number>();
  deliveredCount = 0;
  /** Streams that were ever opened. */
  openedCount = 0;

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
    const requests = new AsyncQueue<Request>(QUEUE_COUNT_MAX);
    const responses = new AsyncQueue<Response>(QUEUE_COUNT_MAX);
    const abort = new AbortController();
    let hosts: readonly Host[] = [];
    const fail = (): void => {
      abort.abort();
      for (const host of hosts) host.breaks.delete(fail);
      const error = new RpcError("UNAVAILABLE", "the stream broke");
      requests.fail(error);
      responses.fail(error);
    };
    let server: Host | undefined;
    this.#carry(from, address, true, () => {
      server = this.#hosts.get(address);
      const client = this.#hosts.get(from);
      const binding = server?.bindings.find((bound) => bound.method.path === method.path);
      if (server === undefined || client === undefined || binding?.kind !== "stream") {
        fail();
        return;
      }
      this.openedCount += 1;
      hosts = [server, client];
      for (const host of hosts) host.breaks.add(fail);
      const send = (response: unknown): Promise<void> => {
        if (abort.signal.aborted) return Promise.reject(new RpcError("UNAVAILABLE", "broken"));
        const bytes = method.response.encode(response as Response);
        this.#carry(address, from, false, () => {
          responses.push(method.response.decode(bytes));
        });
        return Promise.resolve();
      };
      const call = {
        signal: abort.signal,
        isDeadlineExceeded: () => false,
        peerAddress: from,
        peerCertificate: certificate,
        localCertificate: server.certificate,
      };
      void binding.handler(requests, send, call).then(fail, fail);
    });
    return {
      send: (request) => {
        if (abort.signal.aborted) return Promise.reject(new RpcError("UNAVAILABLE", "broken"));
        const bytes = method.request.encode(request);
        this.#carry(from, address, false, () => {
          requests.push(method.request.decode(bytes));
        });
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: fail,
      responses,
      peerCertificate: () => server?.certificate,
    };
  }

  #carry(from: string, to: string, isReliable: boolean, arrive: () => void): void {
    const { lossRate, delayMsMin, delayMsMax } = this.conditions;
    const isLost = !isReliable && this.#random.below(1_000_000) < lossRate * 1_000_000;
    const delayMs = delayMsMin + this.#random.below(Math.max(1, delayMsMax - delayMsMin + 1));
    if (isLost) return;
    this.#time.after(delayMs, () => {
      if (!this.isConnected(from, to)) return;
      this.deliveredCount += 1;
      arrive();
    });
  }
}
