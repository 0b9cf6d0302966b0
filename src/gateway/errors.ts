import { RpcError, type RpcCall, type RpcStatus } from "../kernel/ports/rpc.ts";
import { shortened, statusDetails, type NodeFailure } from "./core/error-detail.ts";

/** What a client is told: status, text, and the nodes whose failures led to it. */
export function gatewayError(
  code: RpcStatus,
  message: string,
  failures: readonly NodeFailure[] = [],
): RpcError {
  const text = shortened(message);
  return failures.length === 0
    ? new RpcError(code, text)
    : new RpcError(code, text, { statusDetails: statusDetails(code, text, failures) });
}

/** Why a call whose signal was aborted ends; `timeoutMessage` when that was for its deadline. */
export function callEnded(
  call: Pick<RpcCall, "isDeadlineExceeded">,
  timeoutMessage: string,
): RpcError {
  return call.isDeadlineExceeded()
    ? new RpcError("DEADLINE_EXCEEDED", timeoutMessage)
    : new RpcError("CANCELLED", "context canceled");
}
