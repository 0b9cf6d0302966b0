/**
 * Remote procedure calls, as gRPC has them, without gRPC. Handlers and callers deal in decoded messages,
 * async iterables and abort signals; the adapter owns sockets, TLS, framing and status codes.
 */
import { HeddleError } from "../error.ts";

export interface RpcCodec<T> {
  encode(message: T): Uint8Array;
  /** Throws on anything that is not exactly one valid message. */
  decode(bytes: Uint8Array): T;
}

export interface RpcMethod<Request, Response> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: RpcCodec<Request>;
  readonly response: RpcCodec<Response>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** gRPC's status codes by name. */
export type RpcStatus =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** A call that failed: thrown by handlers to answer with this status, and to callers that received it. */
export class RpcError extends HeddleError<RpcStatus> {
  override readonly name = "RpcError";
  /** Marshalled `google.rpc.Status` for the `grpc-status-details-bin` trailer. */
  readonly statusDetails: Uint8Array | undefined;

  constructor(
    code: RpcStatus,
    message: string,
    options: { readonly statusDetails?: Uint8Array; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.statusDetails = options.statusDetails;
  }
}

/** What a handler knows of its caller. */
export interface RpcCall {
  /** Aborted when the caller cancels, disconnects or its deadline passes, and when the server closes. */
  readonly signal: AbortSignal;
  /** True when `signal` was aborted because the caller's deadline passed. */
  isDeadlineExceeded(): boolean;
  /** `host:port` of the other end. */
  readonly peerAddress: string;
  /** DER of the certificate the caller presented in TLS; requested but not verified. Undefined without one. */
  readonly peerCertificate: Uint8Array | undefined;
  /** SHA-256 input for TLS binding: DER of the certificate this server presented. Undefined without TLS. */
  readonly localCertificate: Uint8Array | undefined;
}

export type RpcUnaryHandler<Request, Response> = (
  request: Request,
  call: RpcCall,
) => Promise<Response>;

/**
 * Serves one stream (either side may be a stream). `send` resolves when the transport wants more and rejects once the call is over.
 * Returning ends the call with OK, throwing an `RpcError` with its status, anything else with UNKNOWN.
 */
export type RpcStreamHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  send: (response: Response) => Promise<void>,
  call: RpcCall,
) => Promise<void>;

/** One method with its handler, ready to be registered at a server. Made by `serveUnary` and `serveStream`. */
export type RpcBinding =
  | {
      readonly kind: "unary";
      readonly method: RpcMethod<unknown, unknown>;
      readonly handler: RpcUnaryHandler<unknown, unknown>;
    }
  | {
      readonly kind: "stream";
      readonly method: RpcMethod<unknown, unknown>;
      readonly handler: RpcStreamHandler<unknown, unknown>;
    };

export function serveUnary<Request, Response>(
  method: RpcMethod<Request, Response>,
  handler: RpcUnaryHandler<Request, Response>,
): RpcBinding {
  return { kind: "unary", method, handler } as RpcBinding;
}

export function serveStream<Request, Response>(
  method: RpcMethod<Request, Response>,
  handler: RpcStreamHandler<Request, Response>,
): RpcBinding {
  return { kind: "stream", method, handler } as RpcBinding;
}

export interface RpcTarget {
  /** `host:port` to dial. */
  readonly address: string;
  /** Absent: plain text. */
  readonly tls?: RpcTargetTls;
}

export interface RpcTargetTls {
  /** PEM certificates that the server's chain must end in. */
  readonly rootsPem: readonly Uint8Array[];
  /** Name that the server's certificate must carry, when it differs from the host in `address`. */
  readonly serverName?: string;
  /** What this end presents instead of the dialer's own certificate. PEM. */
  readonly clientCertificate?: { readonly certificatePem: Uint8Array; readonly keyPem: Uint8Array };
}

export interface RpcCallOptions {
  /** Time until the call fails with DEADLINE_EXCEEDED. Default: none. */
  readonly timeoutMs?: number;
  /** Aborting cancels the call. */
  readonly signal?: AbortSignal;
}

/** A connection to one address; made at the first call, remade when it breaks. */
export interface RpcChannel {
  readonly address: string;
  /** Rejects with `RpcError`. */
  unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options?: RpcCallOptions,
  ): Promise<Response>;
  stream<Request, Response>(
    method: RpcMethod<Request, Response>,
    options?: RpcCallOptions,
  ): RpcStream<Request, Response>;
  /** Idempotent; open calls fail with CANCELLED or UNAVAILABLE. */
  close(): void;
}

export interface RpcStream<Request, Response> {
  /** Resolves when the transport wants more; rejects with `RpcError` when the call has ended. */
  send(request: Request): Promise<void>;
  /** No more requests; responses may still come. */
  end(): void;
  cancel(): void;
  /** To be iterated once. Ends with the call, throws `RpcError` when the status is not OK. */
  readonly responses: AsyncIterable<Response>;
  /** DER of the server's TLS certificate, known once the call is connected (at the latest with the first response). */
  peerCertificate(): Uint8Array | undefined;
}

export interface RpcDialer {
  dial(target: RpcTarget): RpcChannel;
  /** DER of the TLS certificate that this dialer presents to servers by default. */
  readonly localCertificate: Uint8Array | undefined;
}
