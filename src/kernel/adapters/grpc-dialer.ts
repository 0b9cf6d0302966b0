/** Calls other nodes over gRPC, one connection per channel, presenting one TLS client certificate. */
import {
  ChannelCredentials,
  Client,
  type ChannelOptions,
  type ClientDuplexStream,
  type ClientUnaryCall,
} from "@grpc/grpc-js";
import { X509Certificate } from "node:crypto";
import { AsyncQueue } from "../async-queue.ts";
import {
  KEEPALIVE_INTERVAL_MS,
  KEEPALIVE_TIMEOUT_MS,
  RPC_MESSAGE_BYTES_MAX,
  RPC_QUEUE_COUNT_MAX,
} from "../limits.ts";
import {
  RpcError,
  type RpcCallOptions,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
  type RpcTarget,
} from "../ports/rpc.ts";
import { deserializer, serializer, type Received } from "./grpc-codec.ts";
import { fromGrpcError } from "./grpc-status.ts";

export interface GrpcDialerOptions {
  /** PEM of what this end presents to servers that ask. */
  readonly clientCertificate?: { readonly certificatePem: Uint8Array; readonly keyPem: Uint8Array };
  /**
   * Host name → address to connect to instead; the certificate is still checked against the name. `*.example.com` stands
   * for every name below that domain which has no entry of its own.
   */
  readonly hostAddresses?: ReadonlyMap<string, string>;
  /** Longest pause between attempts to connect. Default 2,000. */
  readonly reconnectDelayMsMax?: number;
}

type ClientCertificate = NonNullable<GrpcDialerOptions["clientCertificate"]>;

export class GrpcDialer implements RpcDialer {
  readonly #options: GrpcDialerOptions;
  #own: ClientCertificate | undefined;
  #localCertificate: Uint8Array | undefined;
  // Counts renewals.
  #generation = 0;

  constructor(options: GrpcDialerOptions) {
    this.#options = options;
    if (options.clientCertificate !== undefined) this.#present(options.clientCertificate);
  }

  get localCertificate(): Uint8Array | undefined {
    return this.#localCertificate;
  }

  /**
   * Presents another certificate on calls that begin from now on, over channels that are open as well; calls that are
   * under way keep theirs. Throws for what is no certificate.
   */
  renew(own: ClientCertificate): void {
    this.#present(own);
    this.#generation += 1;
  }

  #present(own: ClientCertificate): void {
    this.#localCertificate = new Uint8Array(new X509Certificate(own.certificatePem).raw);
    this.#own = own;
  }

  dial(target: RpcTarget): RpcChannel {
    const { host, port } = splitAddress(target.address);
    const serverName = target.tls?.serverName ?? host;
    const dialled = addressOf(host, this.#options.hostAddresses) ?? host;
    const channelOptions: ChannelOptions = {
      "grpc.max_receive_message_length": RPC_MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": RPC_MESSAGE_BYTES_MAX,
      "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
      "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": this.#options.reconnectDelayMsMax ?? 2_000,
      // Two nodes of one process must not share connections.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
      "grpc.enable_http_proxy": 0,
      "grpc.service_config_disable_resolution": 1,
      ...(serverName === dialled
        ? {}
        : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName }),
    };
    const connect = (): Client =>
      new Client(`${dialled}:${port}`, this.#credentials(target), channelOptions);
    const isOwn = target.tls !== undefined && target.tls.clientCertificate === undefined;
    return new GrpcChannel(target.address, connect, () => (isOwn ? this.#generation : 0));
  }

  #credentials(target: RpcTarget): ChannelCredentials {
    if (target.tls === undefined) return ChannelCredentials.createInsecure();
    const roots = Buffer.concat(
      target.tls.rootsPem.map((pem) => Buffer.concat([pem, Buffer.from("\n")])),
    );
    const own = target.tls.clientCertificate ?? this.#own;
    return own === undefined
      ? ChannelCredentials.createSsl(roots)
      : ChannelCredentials.createSsl(
          roots,
          Buffer.from(own.keyPem),
          Buffer.from(own.certificatePem),
        );
  }
}

class GrpcChannel implements RpcChannel {
  readonly address: string;
  readonly #connect: () => Client;
  readonly #newest: () => number;
  #client: Client;
  #generation: number;
  #isClosed = false;

  /** `newest`: the generation of certificates of which `connect` would present one. */
  constructor(address: string, connect: () => Client, newest: () => number) {
    this.address = address;
    this.#connect = connect;
    this.#newest = newest;
    this.#client = connect();
    this.#generation = newest();
  }

  // A client that is closed lets the calls on it come to their end.
  #current(): Client {
    const newest = this.#newest();
    if (newest !== this.#generation && !this.#isClosed) {
      this.#client.close();
      this.#client = this.#connect();
      this.#generation = newest;
    }
    return this.#client;
  }

  unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: RpcCallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call: ClientUnaryCall = this.#current().makeUnaryRequest<Request, Received<Response>>(
        method.path,
        serializer(method.request),
        deserializer(method.response),
        request,
        deadlineOf(options),
        (error, response) => {
          release();
          if (error !== null) reject(fromGrpcError(error));
          else if (response?.ok === true) resolve(response.value);
          else reject(malformed(method.path, response?.reason ?? "no response"));
        },
      );
      const release = cancelOnAbort(call, options.signal);
    });
  }

  stream<Request, Response>(
    method: RpcMethod<Request, Response>,
    options: RpcCallOptions = {},
  ): RpcStream<Request, Response> {
    const call = this.#current().makeBidiStreamRequest<Request, Received<Response>>(
      method.path,
      serializer(method.request),
      deserializer(method.response),
      deadlineOf(options),
    );
    return new GrpcStream(method.path, call, options.signal);
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }
}

class GrpcStream<Request, Response> implements RpcStream<Request, Response> {
  readonly responses: AsyncQueue<Response>;
  readonly #call: ClientDuplexStream<Request, Received<Response>>;
  #isOver = false;
  #failure: RpcError | undefined;

  constructor(
    path: string,
    call: ClientDuplexStream<Request, Received<Response>>,
    signal: AbortSignal | undefined,
  ) {
    this.#call = call;
    this.responses = new AsyncQueue<Response>(RPC_QUEUE_COUNT_MAX, () => call.resume());
    const release = cancelOnAbort(call, signal);
    call.on("data", (message: Received<Response>) => {
      if (message.ok) {
        if (!this.responses.push(message.value)) call.pause();
        return;
      }
      this.#finish(malformed(path, message.reason));
      call.cancel();
    });
    call.on("error", (error: unknown) => {
      this.#finish(fromGrpcError(error));
    });
    call.on("end", () => {
      this.#finish(undefined);
    });
    call.on("status", release);
  }

  send(request: Request): Promise<void> {
    if (this.#isOver) return Promise.reject(this.#over());
    if (this.#call.write(request)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#call.off("drain", settle);
        this.#call.off("close", settle);
        this.#call.off("error", settle);
        if (this.#isOver) reject(this.#over());
        else resolve();
      };
      this.#call.once("drain", settle);
      this.#call.once("close", settle);
      this.#call.once("error", settle);
    });
  }

  end(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }

  peerCertificate(): Uint8Array | undefined {
    const raw = this.#call.getAuthContext()?.sslPeerCertificate?.raw;
    return raw === undefined ? undefined : new Uint8Array(raw);
  }

  #finish(error: RpcError | undefined): void {
    this.#isOver = true;
    this.#failure ??= error;
    if (error === undefined) this.responses.end();
    else this.responses.fail(error);
  }

  #over(): RpcError {
    return this.#failure ?? new RpcError("UNAVAILABLE", "the call has ended");
  }
}

interface Cancellable {
  cancel(): void;
}

function cancelOnAbort(call: Cancellable, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = (): void => {
    call.cancel();
  };
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  return () => {
    signal.removeEventListener("abort", cancel);
  };
}

function deadlineOf(options: RpcCallOptions): { deadline?: number } {
  return options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
}

function malformed(path: string, reason: string): RpcError {
  return new RpcError("INTERNAL", `${path}: the server's answer is malformed: ${reason}`);
}

/** Splits at the last colon; a bracketed IPv6 host loses its brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: string } {
  const colon = address.lastIndexOf(":");
  const host = colon < 0 ? address : address.slice(0, colon);
  const port = colon < 0 ? "443" : address.slice(colon + 1);
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port };
}

// The narrowest domain wins.
function addressOf(
  host: string,
  addresses: ReadonlyMap<string, string> | undefined,
): string | undefined {
  if (addresses === undefined) return undefined;
  const exact = addresses.get(host);
  if (exact !== undefined) return exact;
  for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) {
    const found = addresses.get(`*${host.slice(dot)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
