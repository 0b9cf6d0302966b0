import { errorMessage } from "../kernel/error.ts";
import {
  CommitStatusRequest,
  decodeRequest,
  type CommitStatusResponse,
  type SignedCommitStatusRequest,
} from "../wire/index.ts";
import { authorizedChannel } from "./access.ts";
import type { CommitWatches } from "./commit-watch.ts";
import { gatewayError } from "./errors.ts";
import type { GatewayChannels } from "./ports.ts";
import type { Caller } from "./requests.ts";
import { withinCall } from "./within-call.ts";

export interface CommitStatusDeps {
  readonly channels: GatewayChannels;
  readonly watches: CommitWatches;
}

/** `gateway.Gateway/CommitStatus`: waits until a transaction is committed. Rejects with `RpcError`. */
export async function commitStatus(
  deps: CommitStatusDeps,
  signed: SignedCommitStatusRequest,
  caller: Caller,
): Promise<CommitStatusResponse> {
  const { transactionId, channelId, identity } = readRequest(signed);
  const { ledger } = await authorizedChannel(deps.channels, channelId, "gateway/CommitStatus", {
    data: signed.request,
    identity,
    signature: signed.signature,
  });
  return withinCall(caller, "context deadline exceeded", async (signal) => {
    const { code, blockNumber } = await deps.watches.committed(ledger, transactionId, signal);
    return { result: code, blockNumber };
  });
}

function readRequest(signed: SignedCommitStatusRequest): CommitStatusRequest {
  if (signed.request.length === 0) {
    throw gatewayError("INVALID_ARGUMENT", "a commit status request is required");
  }
  const request = openRequest(signed.request);
  if (request.identity.length === 0) throw gatewayError("INVALID_ARGUMENT", "no identity provided");
  if (request.channelId === "") throw gatewayError("INVALID_ARGUMENT", "no channel ID provided");
  if (request.transactionId === "") {
    throw gatewayError("INVALID_ARGUMENT", "transaction ID should not be empty");
  }
  return request;
}

function openRequest(bytes: Uint8Array): CommitStatusRequest {
  try {
    return decodeRequest(CommitStatusRequest, bytes);
  } catch (error) {
    throw gatewayError("INVALID_ARGUMENT", `invalid status request: ${errorMessage(error)}`);
  }
}
