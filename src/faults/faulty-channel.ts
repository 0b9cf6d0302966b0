import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcMethod,
  type RpcStream,
} from "../kernel/ports/rpc.ts";
import { datagramsOf } from "./datagrams.ts";
import type { LinkDeps } from "./link-deps.ts";
import { FaultyStream } from "./faulty-stream.ts";
import { Passage } from "./passage.ts";

/** A connection over a link with faults. */
export class FaultyChannel implements RpcChannel {
  readonly address: string;
  readonly #deps: LinkDeps;
  readonly #inner: RpcChannel;
  readonly #peer: string;
  readonly #open = new Set<Passage>();
  readonly #unsubscribe: () => void;

  constructor(deps: LinkDeps, inner: RpcChannel) {
    this.#deps = deps;
    this.#inner = inner;
    this.address = inner.address;
    this.#peer = hostOf(inner.address);
    this.#unsubscribe = deps.faults.subscribe({
      changed: () => {
        for (const passage of [...this.#open]) passage.recheck();
      },
      reset: (peer) => {
        if (peer === this.#peer) this.#breakAll("the connection was reset");
      },
    });
  }

  async unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: RpcCallOptions = {},
  ): Promise<Response> {
    const passage = this.#passage(options);
    try {
      await passage.pass("out");
      const answer = this.#inner.unary(method, request, { ...options, signal: passage.signal });
      const response = await passage.unlessBroken(answer);
      await passage.pass("in");
      return response;
    } finally {
      passage.end();
    }
  }

  stream<Request, Response>(
    method: RpcMethod<Request, Response>,
    options: RpcCallOptions = {},
  ): RpcStream<Request, Response> {
    const passage = this.#passage(options);
    const open = (): RpcStream<Request, Response> =>
      this.#inner.stream(method, { ...options, signal: passage.signal });
    const { random, timers } = this.#deps;
    const isDatagram = datagramsOf(method.path);
    return new FaultyStream(passage, { random, timers, isDatagram, open });
  }

  close(): void {
    this.#unsubscribe();
    this.#breakAll("the channel was closed");
    this.#inner.close();
  }

  #passage(options: RpcCallOptions): Passage {
    const passage: Passage = new Passage(this.#deps, this.#peer, options, () =>
      this.#open.delete(passage),
    );
    this.#open.add(passage);
    return passage;
  }

  #breakAll(reason: string): void {
    for (const passage of [...this.#open]) {
      passage.break(new RpcError("UNAVAILABLE", `${this.address}: ${reason}`));
    }
  }
}

function hostOf(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon);
}
