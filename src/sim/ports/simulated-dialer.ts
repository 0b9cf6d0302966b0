import { decodePem } from "../../crypto/index.ts";
import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
  type RpcTarget,
} from "../../kernel/ports/rpc.ts";
import { SimulatedCall } from "./simulated-call.ts";
import type { NetworkHost, SimulatedNetwork } from "./simulated-network.ts";

/** The `RpcDialer` of one process on a simulated network. */
export function simulatedDialer(network: SimulatedNetwork, client: NetworkHost): RpcDialer {
  return {
    get localCertificate() {
      return client.certificate;
    },
    dial: (target) => new SimulatedChannel(network, client, target),
  };
}

class SimulatedChannel implements RpcChannel {
  readonly address: string;
  readonly #network: SimulatedNetwork;
  readonly #client: NetworkHost;
  readonly #certificate: Uint8Array;
  readonly #open = new Set<SimulatedCall>();
  #isClosed = false;

  constructor(network: SimulatedNetwork, client: NetworkHost, target: RpcTarget) {
    this.address = target.address;
    this.#network = network;
    this.#client = client;
    const own = target.tls?.clientCertificate;
    this.#certificate = own === undefined ? client.certificate : derOf(own.certificatePem);
  }

  async unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: RpcCallOptions = {},
  ): Promise<Response> {
    const stream = this.stream(method, options);
    // What went wrong is in the answer.
    stream.send(request).catch(() => undefined);
    stream.end();
    for await (const response of stream.responses) return response;
    throw new RpcError("INTERNAL", `${method.path}: no response`);
  }

  stream<Request, Response>(
    method: RpcMethod<Request, Response>,
    options: RpcCallOptions = {},
  ): RpcStream<Request, Response> {
    const { signal, timeoutMs } = options;
    const call = new SimulatedCall({
      network: this.#network,
      client: this.#client,
      certificate: this.#certificate,
      address: this.address,
      method: method,
      timeoutMs,
    });
    if (this.#isClosed) call.cancel(new RpcError("UNAVAILABLE", "the channel is closed"));
    if (!call.near.isOver) this.#open.add(call);
    const cancel = (): void => {
      call.cancel();
    };
    call.onEnd = () => {
      this.#open.delete(call);
      signal?.removeEventListener("abort", cancel);
    };
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener("abort", cancel);
    return {
      send: (request) =>
        call.near.isOver
          ? Promise.reject(call.near.failure ?? new RpcError("UNAVAILABLE", "the call has ended"))
          : call.near.send(method.request.encode(request)),
      end: () => {
        call.halfClose();
      },
      cancel,
      responses: call.near.received as AsyncIterable<Response>,
      peerCertificate: () => call.serverCertificate,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const call of [...this.#open]) call.cancel();
    this.#open.clear();
  }
}

function derOf(pem: Uint8Array): Uint8Array {
  return decodePem(pem)?.bytes ?? pem;
}
