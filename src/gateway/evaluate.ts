import { EMPTY_BYTES } from "../kernel/bytes.ts";
import type {
  EvaluateRequest,
  EvaluateResponse,
  ProposalResponse,
  Response,
} from "../wire/index.ts";
import { evaluators, type Candidate } from "./core/candidates.ts";
import type { ClientProposal } from "./core/client-proposal.ts";
import type { NodeFailure } from "./core/error-detail.ts";
import { resultOf } from "./core/prepared-transaction.ts";
import type { ChannelView } from "./channel-view.ts";
import { gatewayError } from "./errors.ts";
import { openProposal, type Caller, type ProposalDeps } from "./requests.ts";
import { withinCall } from "./within-call.ts";

/** `gateway.Gateway/Evaluate`: runs a transaction on one peer; nothing is recorded. Rejects with `RpcError`. */
export async function evaluate(
  deps: ProposalDeps,
  request: EvaluateRequest,
  caller: Caller,
): Promise<EvaluateResponse> {
  const { targetOrganizations } = request;
  const { proposal, view } = openProposal(deps, request.proposedTransaction, targetOrganizations);
  const candidates = candidatesFor(deps, proposal, view, targetOrganizations);
  return withinCall(caller, "evaluate timeout expired", async (signal) => {
    const response = await firstAnswer(deps, proposal, view, candidates, signal);
    return { result: responseOf(response) };
  });
}

function candidatesFor(
  { isSystemChaincode, mspId }: ProposalDeps,
  { channelId, chaincodeName, hasTransientData }: ClientProposal,
  view: ChannelView,
  organizations: readonly string[],
): readonly Candidate[] {
  // Transient data goes to organisations that the client has named; without any, it stays in this one.
  const isProtected = hasTransientData && organizations.length === 0;
  const running = view.running(chaincodeName, isSystemChaincode(chaincodeName));
  const candidates = evaluators(running, mspId, isProtected ? [mspId] : organizations);
  if (candidates.length > 0) return candidates;
  const none = `no peers available to evaluate chaincode ${chaincodeName} in channel ${channelId}`;
  throw gatewayError(
    "FAILED_PRECONDITION",
    isProtected
      ? `no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ${none}`
      : none,
  );
}

async function firstAnswer(
  deps: ProposalDeps,
  { signed }: ClientProposal,
  view: ChannelView,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<ProposalResponse> {
  const failures: NodeFailure[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const verdict = await deps.propose(candidate, view, signed, signal);
    if (verdict.ok) return verdict.response;
    const { address, mspId } = candidate;
    const { code, message, canRetry } = verdict;
    failures.push({ address, mspId, message });
    if (!canRetry) {
      const text = `evaluate call to endorser returned error: ${message}`;
      throw gatewayError(code, text, failures);
    }
    if (index === candidates.length - 1 || signal.aborted) {
      const text = "failed to evaluate transaction, see attached details for more info";
      throw gatewayError(code, text, failures);
    }
  }
  throw gatewayError("UNAVAILABLE", "no peers available to evaluate");
}

function responseOf(response: ProposalResponse): Response {
  const { status, message, payload } = response.response ?? {
    status: 0,
    message: "",
    payload: EMPTY_BYTES,
  };
  return { status, message, payload: resultOf(response) ?? payload };
}
