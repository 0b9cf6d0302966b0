/**
 * Serves RPC bindings over gRPC. Owns its TLS listener, because Fabric asks every client for a certificate
 * and verifies it only where a service demands so, which grpc-js' own listener cannot do.
 */
import {
  Server as GrpcJsServer,
  ServerCredentials,
  ServerInterceptingCall,
  status as GrpcStatus,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServerInterceptor,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { constants as cryptoConstants } from "node:crypto";
import { setMaxListeners } from "node:events";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import {
  createServer as createTlsServer,
  createSecureContext,
  Server as TlsServer,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import { AsyncQueue } from "../async-queue.ts";
import {
  CONNECTIONS_MAX,
  RPC_CLOSE_GRACE_MS,
  RPC_DEADLINE_SKEW_MS,
  RPC_MESSAGE_BYTES_MAX,
  RPC_QUEUE_COUNT_MAX,
  RPC_STREAMS_PER_CONNECTION_MAX,
  TLS_HANDSHAKE_TIMEOUT_MS,
} from "../limits.ts";
import { RpcError, type RpcBinding, type RpcCall, type RpcMethod } from "../ports/rpc.ts";
import { deserializer, serializer, type Received } from "./grpc-codec.ts";
import { toGrpcStatus } from "./grpc-status.ts";

// Made once: aborting without a reason makes one, with a stack.
const CANCELLED = new RpcError("CANCELLED", "the call was cancelled");

export interface GrpcServerTls {
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
  /** PEM of the CAs that a client's certificate must chain to. Absent: asked for, not verified. */
  readonly clientRootsPem?: readonly Uint8Array[];
}

export interface GrpcServerOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Absent: plain text. */
  readonly tls?: GrpcServerTls;
}

type UnaryCall = ServerUnaryCall<Received<unknown>, unknown>;
type DuplexCall = ServerDuplexStream<Received<unknown>, unknown>;

export class GrpcServer {
  readonly #server = new GrpcJsServer({
    "grpc.max_receive_message_length": RPC_MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": RPC_MESSAGE_BYTES_MAX,
    "grpc.max_concurrent_streams": RPC_STREAMS_PER_CONNECTION_MAX,
    "grpc.enable_channelz": 0,
    interceptors: [refuseCompressed],
  });
  // Every connection, from its first byte on: with TLS that is before its handshake is done.
  readonly #connections = new Set<Socket>();
  readonly #sockets = new Map<string, Socket>();
  readonly #certificates = new WeakMap<Socket, Uint8Array>();
  // What each connection was opened with.
  readonly #ownCertificates = new WeakMap<Socket, Uint8Array>();
  readonly #closing = new AbortController();
  readonly #options: GrpcServerOptions;
  #listener: Server | undefined;

  constructor(bindings: readonly RpcBinding[], options: GrpcServerOptions) {
    this.#options = options;
    // Every call listens for the close; Node takes more than ten for a leak.
    setMaxListeners(0, this.#closing.signal);
    for (const binding of bindings) this.#register(binding);
  }

  /** Resolves with the port once it listens; rejects with the system's error (EADDRINUSE, …). */
  async listen(): Promise<number> {
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const accept = (socket: Socket): void => {
      this.#track(socket);
      // A handshake that ends only now: its calls would be served for as long as the client likes.
      if (this.#closing.signal.aborted) socket.destroy();
      else injector.injectConnection(socket);
    };
    const { tls, host, port } = this.#options;
    const listener =
      tls === undefined ? createTcpServer(accept) : createTlsServer(tlsOptions(tls), accept);
    listener.maxConnections = CONNECTIONS_MAX;
    listener.on("connection", (connection: Socket) => {
      this.#connections.add(connection);
      connection.once("close", () => this.#connections.delete(connection));
    });
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host, port }, resolve);
    });
    return (listener.address() as AddressInfo).port;
  }

  /**
   * Presents another certificate to whoever connects from now on; connections that are open keep theirs. Throws for what is
   * no certificate with its key, and changes nothing then.
   */
  renewTls(renewed: Pick<GrpcServerTls, "certificatePem" | "keyPem">): void {
    const { tls } = this.#options;
    if (tls === undefined || !(this.#listener instanceof TlsServer)) return;
    const options = tlsOptions({ ...tls, ...renewed });
    createSecureContext(options);
    this.#listener.setSecureContext(options);
  }

  /** Stops listening, cancels what is still running after a grace, and drops every connection. Idempotent. */
  async close(): Promise<void> {
    this.#listener?.close();
    this.#closing.abort();
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, RPC_CLOSE_GRACE_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
    for (const connection of this.#connections) connection.destroy();
  }

  #track(socket: Socket): void {
    const key = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0}`;
    this.#sockets.set(key, socket);
    socket.once("close", () => {
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
    });
    // A broken connection is the client's affair; its calls see it.
    socket.on("error", () => undefined);
  }

  #register(binding: RpcBinding): void {
    const { method } = binding;
    const handler = binding.kind === "unary" ? this.#unary(binding) : this.#stream(binding);
    this.#server.register(
      method.path,
      handler,
      serializer(method.response),
      deserializer(method.request),
      // A stream handler is written for both directions: a single request arrives as a stream of one.
      binding.kind === "unary" ? "unary" : "bidi",
    );
  }

  #unary(
    binding: RpcBinding & { readonly kind: "unary" },
  ): handleUnaryCall<Received<unknown>, unknown> {
    return (call: UnaryCall, respond) => {
      const context = this.#context(call);
      const request = call.request;
      if (!request.ok) {
        respond(toGrpcStatus(malformed(binding.method, request.reason)));
        context.release();
        return;
      }
      void binding
        .handler(request.value, context.call)
        .then(
          (response) => {
            respond(null, response);
          },
          (error: unknown) => {
            respond(toGrpcStatus(error));
          },
        )
        .finally(context.release);
    };
  }

  #stream(
    binding: RpcBinding & { readonly kind: "stream" },
  ): handleBidiStreamingCall<Received<unknown>, unknown> {
    return (stream: DuplexCall) => {
      const context = this.#context(stream);
      const requests = queueOf(stream, binding.method, context.call);
      void binding
        .handler(requests, (response) => sendOn(stream, context.call, response), context.call)
        .then(
          () => {
            stream.end();
          },
          (error: unknown) => {
            stream.emit("error", toGrpcStatus(error));
          },
        )
        .finally(context.release);
    };
  }

  #context(call: UnaryCall | DuplexCall): { readonly call: RpcCall; readonly release: () => void } {
    const abort = new AbortController();
    const cancel = (): void => {
      abort.abort(CANCELLED);
    };
    const deadline = call.getDeadline();
    const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
    call.on("cancelled", cancel);
    this.#closing.signal.addEventListener("abort", cancel);
    const peerAddress = call.getPeer();
    return {
      call: {
        signal: abort.signal,
        isDeadlineExceeded: () => Date.now() >= deadlineMs - RPC_DEADLINE_SKEW_MS,
        peerAddress,
        peerCertificate: this.#peerCertificate(peerAddress),
        localCertificate: this.#localCertificate(peerAddress),
      },
      release: () => {
        // grpc-js also reports the end of a call that was answered.
        call.off("cancelled", cancel);
        this.#closing.signal.removeEventListener("abort", cancel);
      },
    };
  }

  #localCertificate(peerAddress: string): Uint8Array | undefined {
    if (this.#options.tls === undefined) return undefined;
    const socket = this.#sockets.get(peerAddress) as TLSSocket | undefined;
    if (socket === undefined) return undefined;
    const known = this.#ownCertificates.get(socket);
    if (known !== undefined) return known;
    const certificate = socket.getX509Certificate();
    if (certificate === undefined) return undefined;
    const der = new Uint8Array(certificate.raw);
    this.#ownCertificates.set(socket, der);
    return der;
  }

  #peerCertificate(peerAddress: string): Uint8Array | undefined {
    if (this.#options.tls === undefined) return undefined;
    const socket = this.#sockets.get(peerAddress) as TLSSocket | undefined;
    if (socket === undefined) return undefined;
    const known = this.#certificates.get(socket);
    if (known !== undefined) return known;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    const der = new Uint8Array(certificate.raw);
    this.#certificates.set(socket, der);
    return der;
  }
}

function tlsOptions(tls: GrpcServerTls): TlsOptions {
  return {
    cert: Buffer.from(tls.certificatePem),
    key: Buffer.from(tls.keyPem),
    ...(tls.clientRootsPem === undefined
      ? {}
      : { ca: tls.clientRootsPem.map((pem) => Buffer.from(pem)) }),
    requestCert: true,
    rejectUnauthorized: tls.clientRootsPem !== undefined,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["h2"],
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    // A resumed session would hide the client's certificate.
    secureOptions: cryptoConstants.SSL_OP_NO_TICKET,
  };
}

// Fabric's servers know no compression either. A few kilobytes could stand for the largest message.
const refuseCompressed: ServerInterceptor = (_method, call) => {
  const { incomingEncoding } = call as { readonly incomingEncoding?: string };
  if (incomingEncoding === "identity") return new ServerInterceptingCall(call);
  return new ServerInterceptingCall(call, {
    start: () => {
      call.sendStatus({
        code: GrpcStatus.UNIMPLEMENTED,
        details: `messages compressed by "${incomingEncoding ?? ""}" are not taken; send them uncompressed`,
      });
    },
  });
};

function malformed(method: RpcMethod<unknown, unknown>, reason: string): RpcError {
  return new RpcError("INVALID_ARGUMENT", `${method.path}: ${reason}`);
}

function queueOf(
  stream: DuplexCall,
  method: RpcMethod<unknown, unknown>,
  call: RpcCall,
): AsyncQueue<unknown> {
  const queue = new AsyncQueue<unknown>(RPC_QUEUE_COUNT_MAX, () => stream.resume());
  stream.on("data", (message: Received<unknown>) => {
    if (!message.ok) queue.fail(malformed(method, message.reason));
    else if (!queue.push(message.value)) stream.pause();
  });
  stream.on("end", () => {
    // A reset connection looks like a half-close first; its cancellation follows in the same turn.
    setImmediate(() => {
      queue.end();
    });
  });
  call.signal.addEventListener("abort", () => {
    queue.fail(CANCELLED);
  });
  return queue;
}

function sendOn(stream: DuplexCall, call: RpcCall, response: unknown): Promise<void> {
  if (call.signal.aborted || stream.destroyed) {
    return Promise.reject(new RpcError("CANCELLED", "the call was cancelled"));
  }
  if (stream.write(response)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stream.off("drain", settle);
      call.signal.removeEventListener("abort", settle);
      if (call.signal.aborted) reject(new RpcError("CANCELLED", "the call was cancelled"));
      else resolve();
    };
    stream.once("drain", settle);
    call.signal.addEventListener("abort", settle);
  });
}
