/** Orderers that answer Deliver from memory, and a dialer that reaches them. */
import { AsyncQueue } from "../../src/kernel/async-queue.ts";
import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
  type RpcTarget,
} from "../../src/kernel/ports/rpc.ts";
import {
  SeekInfo,
  decode,
  openEnvelope,
  type Block,
  type DeliverResponse,
  type Envelope,
} from "../../src/wire/index.ts";

/** Serves the blocks that an address has, from the one asked for, and then keeps silent. Other calls fail. */
export class DeliverDialer implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([1]);
  readonly chains: Map<string, readonly Block[]> = new Map<string, readonly Block[]>();
  /** Addresses in the order of the calls. */
  readonly asked: string[] = [];

  dial({ address }: RpcTarget): RpcChannel {
    return {
      address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
      stream: <Request, Response>(
        _: RpcMethod<Request, Response>,
        options?: RpcCallOptions,
      ): RpcStream<Request, Response> =>
        this.#stream(address, options?.signal) as unknown as RpcStream<Request, Response>,
      close: () => undefined,
    };
  }

  #stream(address: string, signal?: AbortSignal): RpcStream<Envelope, DeliverResponse> {
    const responses = new AsyncQueue<DeliverResponse>(64);
    const fail = (): void => {
      responses.fail(new RpcError("UNAVAILABLE", "connection refused"));
    };
    signal?.addEventListener("abort", fail);
    return {
      responses,
      send: (envelope) => {
        this.asked.push(address);
        const chain = this.chains.get(address);
        if (chain === undefined) fail();
        for (const value of chain?.slice(startOf(envelope, chain)) ?? []) {
          responses.push({ type: { $case: "block", value } });
        }
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: fail,
      peerCertificate: () => new Uint8Array([2]),
    };
  }
}

function startOf(envelope: Envelope, chain: readonly Block[]): number {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") throw new Error("a puller sends sound envelopes");
  const start = decode(SeekInfo, reading.opened.payload.data).start?.type;
  if (start?.$case === "newest") return chain.length - 1;
  return start?.$case === "specified" ? Number(start.value.number) : 0;
}
