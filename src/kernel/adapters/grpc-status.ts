import { Metadata, status as grpcStatus } from "@grpc/grpc-js";
import { utf8, utf8Decode } from "../bytes.ts";
import { errorMessage } from "../error.ts";
import { RPC_STATUS_TEXT_LENGTH_MAX } from "../limits.ts";
import { RpcError, type RpcStatus } from "../ports/rpc.ts";

const DETAILS_KEY = "grpc-status-details-bin";

const NAMES: readonly (RpcStatus | undefined)[] = [
  undefined,
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** What a handler's failure looks like on the wire. */
export function toGrpcStatus(error: unknown): GrpcStatus {
  const metadata = new Metadata();
  if (!(error instanceof RpcError)) {
    return { code: grpcStatus.UNKNOWN, details: statusText(errorMessage(error)), metadata };
  }
  if (error.statusDetails !== undefined)
    metadata.set(DETAILS_KEY, Buffer.from(error.statusDetails));
  return { code: grpcStatus[error.code], details: statusText(error.message), metadata };
}

// It may quote what the caller sent, of any length and cut anywhere. grpc-js throws for half a surrogate pair, which
// the way through UTF-8 replaces.
function statusText(text: string): string {
  const isLong = text.length > RPC_STATUS_TEXT_LENGTH_MAX;
  return utf8Decode(utf8(isLong ? `${text.slice(0, RPC_STATUS_TEXT_LENGTH_MAX)}…` : text));
}

/** The error that a caller sees for anything that grpc-js reports. */
export function fromGrpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { code, details, metadata } = error as Partial<GrpcStatus>;
  const name = code === undefined ? undefined : NAMES[code];
  const statusDetails = metadata instanceof Metadata ? metadata.get(DETAILS_KEY)[0] : undefined;
  return new RpcError(name ?? "UNKNOWN", details ?? errorMessage(error), {
    cause: error,
    ...(statusDetails instanceof Buffer ? { statusDetails: new Uint8Array(statusDetails) } : {}),
  });
}
