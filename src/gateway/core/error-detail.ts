import type { RpcStatus } from "../../kernel/ports/rpc.ts";
import { ErrorDetail, RpcStatus as StatusMessage, encode, type Any } from "../../wire/index.ts";
import { ERROR_DETAILS_LENGTH_MAX, ERROR_TEXT_LENGTH_MAX } from "../limits.ts";

const TYPE_URL = "type.googleapis.com/gateway.ErrorDetail";

const CODES: Readonly<Record<RpcStatus, number>> = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

/** A node's part in a failure. */
export interface NodeFailure {
  /** `host:port`. */
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/** The marshalled `google.rpc.Status` of a failure. Details beyond the bound are left out. */
export function statusDetails(
  code: RpcStatus,
  message: string,
  failures: readonly NodeFailure[],
): Uint8Array {
  const details: Any[] = [];
  let lengthLeft = ERROR_DETAILS_LENGTH_MAX;
  for (const failure of failures) {
    const text = shortened(failure.message);
    lengthLeft -= text.length + failure.address.length + failure.mspId.length;
    if (lengthLeft < 0) break;
    const value = encode(ErrorDetail, { ...failure, message: text });
    details.push({ typeUrl: TYPE_URL, value });
  }
  return encode(StatusMessage, { code: CODES[code], message, details });
}

/** The text, cut to what fits into an error. */
export function shortened(text: string): string {
  return text.length <= ERROR_TEXT_LENGTH_MAX ? text : `${text.slice(0, ERROR_TEXT_LENGTH_MAX)}…`;
}
