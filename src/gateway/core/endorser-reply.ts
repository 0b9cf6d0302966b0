import type { RpcStatus } from "../../kernel/ports/rpc.ts";
import type { ProposalResponse } from "../../wire/index.ts";

/** What came of sending a proposal to an endorser. */
export type EndorserReply =
  | { readonly kind: "response"; readonly response: ProposalResponse }
  /** This peer's endorser has refused the proposal itself; a remote one can only fail. */
  | { readonly kind: "rejected"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** What a reply means for the transaction. */
export type ReplyVerdict =
  | { readonly ok: true; readonly response: ProposalResponse }
  | {
      readonly ok: false;
      readonly code: RpcStatus;
      readonly message: string;
      /** Whether another peer may do better. */
      readonly canRetry: boolean;
    };

const STATUS_OK = 200;
const STATUS_REFUSED = 400;
const STATUS_ERROR = 500;

/** Fabric: a failure without a payload is the peer's, one with a payload the chaincode's, which others would repeat. */
export function judgeReply(reply: EndorserReply): ReplyVerdict {
  switch (reply.kind) {
    case "failed":
      return { ok: false, code: "UNAVAILABLE", message: reply.message, canRetry: true };
    case "rejected":
      return { ok: false, code: "FAILED_PRECONDITION", message: reply.message, canRetry: false };
    case "response":
      return judgeResponse(reply.response);
  }
}

function judgeResponse(proposalResponse: ProposalResponse): ReplyVerdict {
  const { status, message } = proposalResponse.response ?? { status: 0, message: "" };
  if (status >= STATUS_OK && status < STATUS_REFUSED) {
    return { ok: true, response: proposalResponse };
  }
  if (status === STATUS_ERROR && proposalResponse.payload.length === 0) {
    return { ok: false, code: "ABORTED", message, canRetry: true };
  }
  const text = `chaincode response ${status}, ${message}`;
  return { ok: false, code: "UNKNOWN", message: text, canRetry: false };
}
