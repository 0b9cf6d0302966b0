/** Nodes that answer Deliver from a script, and a dialer that reaches them. */
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
  Status,
  decode,
  openEnvelope,
  type Block,
  type DeliverResponse,
  type Envelope,
  type SeekPosition,
} from "../../src/wire/index.ts";

const RESPONSES_MAX = 4_096;

type Place = number | "newest";

/** What an address was asked for. */
export interface DeliverRequest {
  readonly address: string;
  readonly envelope: Envelope;
  readonly first: Place;
  readonly last: Place;
}

/** The way back to whoever asked. */
export interface DeliverAnswer {
  readonly send: (block: Block) => void;
  /** Ends the request with a status. */
  readonly end: (status: Status) => void;
  /** Ends the stream as a lost connection does. */
  readonly hangUp: () => void;
}

/** How an address answers. One that does nothing more keeps silent. */
export type DeliverScript = (request: DeliverRequest, answer: DeliverAnswer) => void;

/** Addresses without a script refuse. Calls other than Deliver fail. */
export class DeliverDialer implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([1]);
  readonly scripts: Map<string, DeliverScript> = new Map<string, DeliverScript>();
  readonly dialled: RpcTarget[] = [];
  readonly requests: DeliverRequest[] = [];

  constructor(scripts: Readonly<Record<string, DeliverScript>> = {}) {
    for (const [address, script] of Object.entries(scripts)) this.scripts.set(address, script);
  }

  /** Addresses in the order of the requests. */
  get asked(): readonly string[] {
    return this.requests.map(({ address }) => address);
  }

  dial(target: RpcTarget): RpcChannel {
    this.dialled.push(target);
    return {
      address: target.address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
      stream: <Request, Response>(
        _: RpcMethod<Request, Response>,
        options?: RpcCallOptions,
      ): RpcStream<Request, Response> =>
        this.#stream(target.address, options?.signal) as unknown as RpcStream<Request, Response>,
      close: () => undefined,
    };
  }

  #stream(address: string, signal?: AbortSignal): RpcStream<Envelope, DeliverResponse> {
    const responses = new AsyncQueue<DeliverResponse>(RESPONSES_MAX);
    const hangUp = (): void => {
      responses.fail(new RpcError("UNAVAILABLE", "connection refused"));
    };
    signal?.addEventListener("abort", hangUp);
    const answer: DeliverAnswer = {
      send: (value) => responses.push({ type: { $case: "block", value } }),
      end: (value) => responses.push({ type: { $case: "status", value } }),
      hangUp,
    };
    return {
      responses,
      send: (envelope) => {
        const request = { address, envelope, ...placesOf(envelope) };
        this.requests.push(request);
        const script = this.scripts.get(address);
        if (script === undefined) hangUp();
        else script(request, answer);
        return Promise.resolve();
      },
      end: () => undefined,
      cancel: hangUp,
      peerCertificate: () => new Uint8Array([2]),
    };
  }
}

/** Sends what is asked for, as far as `chain` has it; keeps silent where more is asked for, as for blocks to come. */
export function serving(chain: readonly Block[]): DeliverScript {
  return ({ first, last }, { send, end }) => {
    const newest = chain.length - 1;
    const to = last === "newest" ? newest : last;
    for (const block of chain.slice(first === "newest" ? newest : first, to + 1)) send(block);
    if (to <= newest) end(Status.SUCCESS);
  };
}

function placesOf(envelope: Envelope): Pick<DeliverRequest, "first" | "last"> {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") throw new Error("requests are sound envelopes");
  const { start, stop } = decode(SeekInfo, reading.opened.payload.data);
  return { first: placeOf(start), last: placeOf(stop) };
}

function placeOf(position: SeekPosition | undefined): Place {
  const type = position?.type;
  if (type?.$case === "newest") return "newest";
  return type?.$case === "specified" ? Number(type.value.number) : 0;
}
