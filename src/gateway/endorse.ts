import type { Layout, PlanResult } from "../discovery/index.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import {
  ChaincodeInterest,
  create,
  type ChaincodeCall,
  type EndorseRequest,
  type EndorseResponse,
  type ProposalResponse,
} from "../wire/index.ts";
import type { ChannelView } from "./channel-view.ts";
import { byPreference, type Candidate } from "./core/candidates.ts";
import type { ClientProposal } from "./core/client-proposal.ts";
import type { NodeFailure } from "./core/error-detail.ts";
import { prepareTransaction } from "./core/prepared-transaction.ts";
import { shuffled } from "./core/shuffled.ts";
import { EndorsementCollector } from "./endorsement-collector.ts";
import { gatewayError } from "./errors.ts";
import { openProposal, type Caller, type ProposalDeps } from "./requests.ts";
import { withinCall } from "./within-call.ts";

export interface EndorseDeps extends ProposalDeps {
  readonly random: Random;
  readonly timers: Timers;
  /** Time after which a further endorser is asked beside one that has not answered. */
  readonly patienceMs: number;
}

const COLLECTING = "endorsement timeout expired while collecting endorsements";
const COLLECTING_FIRST = "endorsement timeout expired while collecting first endorsement";

/**
 * `gateway.Gateway/Endorse`: collects the endorsements that a transaction needs. Rejects with `RpcError`.
 * Without organisations given, the first endorser tells what the transaction touches, and the rest follows from that.
 */
export async function endorse(
  deps: EndorseDeps,
  request: EndorseRequest,
  caller: Caller,
): Promise<EndorseResponse> {
  const { proposedTransaction, endorsingOrganizations } = request;
  if (proposedTransaction === undefined || proposedTransaction.proposalBytes.length === 0) {
    const text = "the proposed transaction must contain a signed proposal";
    throw gatewayError("INVALID_ARGUMENT", text);
  }
  const { proposal, view } = openProposal(deps, proposedTransaction, endorsingOrganizations);
  const first =
    endorsingOrganizations.length > 0
      ? undefined
      : await withinCall(caller, COLLECTING_FIRST, (signal) =>
          firstEndorsement(deps, proposal, view, signal),
        );
  const layouts =
    first === undefined
      ? [layoutOfOrganizations(deps, proposal, view, endorsingOrganizations)]
      : layoutsAfter(deps, proposal, view, first);
  return withinCall(caller, COLLECTING, async (signal) => {
    const collector = new EndorsementCollector(
      layouts,
      (candidate) => deps.propose(candidate, view, proposal.signed, signal),
      deps,
    );
    if (first !== undefined) collector.credit(first.candidate, first.response);
    return prepared(proposal, collector, first?.failures ?? []);
  });
}

async function prepared(
  proposal: ClientProposal,
  collector: EndorsementCollector,
  earlierFailures: readonly NodeFailure[],
): Promise<EndorseResponse> {
  const collection = await collector.collect();
  if (!collection.ok) {
    const text =
      "failed to collect enough transaction endorsements, see attached details for more info";
    throw gatewayError("ABORTED", text, [...earlierFailures, ...collection.failures]);
  }
  const { payload, endorsements } = collection;
  return { preparedTransaction: prepareTransaction(proposal, payload, endorsements) };
}

interface FirstEndorsement {
  readonly candidate: Candidate;
  readonly response: ProposalResponse;
  /** Of those that were asked before: the ledger of the one that endorsed may lag behind theirs. */
  readonly failures: readonly NodeFailure[];
}

async function firstEndorsement(
  deps: EndorseDeps,
  proposal: ClientProposal,
  view: ChannelView,
  signal: AbortSignal,
): Promise<FirstEndorsement> {
  const failures: NodeFailure[] = [];
  for (const candidate of firstEndorsers(deps, proposal, view)) {
    const verdict = await deps.propose(candidate, view, proposal.signed, signal);
    if (verdict.ok) return { candidate, response: verdict.response, failures };
    const { address, mspId } = candidate;
    failures.push({ address, mspId, message: verdict.message });
    if (signal.aborted) break;
  }
  const text = "failed to endorse transaction, see attached details for more info";
  throw gatewayError("ABORTED", text, failures);
}

function firstEndorsers(
  deps: EndorseDeps,
  { chaincodeName, hasTransientData }: ClientProposal,
  view: ChannelView,
): readonly Candidate[] {
  const running = view.running(chaincodeName, deps.isSystemChaincode(chaincodeName));
  const own = running.filter(({ mspId }) => mspId === deps.mspId);
  if (own.length > 0) return own;
  if (hasTransientData) {
    throw gatewayError(
      "FAILED_PRECONDITION",
      "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
    );
  }
  const [layout] = usableLayouts(deps, view.plan(interestIn(chaincodeName)), undefined);
  return layout?.[0]?.peers ?? [];
}

/** Layouts that can use the first endorsement come first; otherwise the order is random, to spread the load. */
function layoutsAfter(
  deps: EndorseDeps,
  { chaincodeName, hasTransientData }: ClientProposal,
  view: ChannelView,
  { candidate, response }: FirstEndorsement,
): readonly Layout<Candidate>[] {
  const told = response.interest;
  const interest =
    told === undefined || told.chaincodes.length === 0 ? interestIn(chaincodeName) : told;
  if (!hasTransientData) return usableLayouts(deps, view.plan(interest), candidate);
  const result = view.plan({ chaincodes: interest.chaincodes.map(readByMembers) });
  const guarded = interest.chaincodes.filter(({ noPrivateReads }) => noPrivateReads);
  if (!result.ok && guarded.length > 0 && view.plan(interest).ok) {
    const collections = guarded.flatMap(({ collectionNames }) => collectionNames).join(" ");
    throw gatewayError(
      "FAILED_PRECONDITION",
      `requires endorsement from organisation(s) that are not in the distribution policy of the private data collection(s): [${collections}]; retry specifying trusted endorsing organizations to protect transient data`,
    );
  }
  return usableLayouts(deps, result, candidate);
}

// Transient data may hold what is private: only members of the collections may see it, even where they need not read.
function readByMembers(call: ChaincodeCall): ChaincodeCall {
  return { ...call, noPrivateReads: false };
}

function usableLayouts(
  { random }: EndorseDeps,
  result: PlanResult<Candidate>,
  preferred: Candidate | undefined,
): readonly Layout<Candidate>[] {
  if (!result.ok) {
    throw gatewayError(
      "FAILED_PRECONDITION",
      `no combination of peers can be derived which satisfy the endorsement policy: ${result.reason}`,
    );
  }
  // A policy that asks for nobody's signature gives no one to ask.
  const layouts = shuffled(
    result.layouts.filter(({ length }) => length > 0),
    random,
  );
  if (layouts.length === 0) {
    throw gatewayError(
      "FAILED_PRECONDITION",
      "failed to select a set of endorsers that satisfy the endorsement policy due to unavailability of peers: []",
    );
  }
  const isPreferred = (layout: Layout<Candidate>): boolean =>
    preferred !== undefined && layout.some(({ peers }) => peers.includes(preferred));
  return [...layouts.filter(isPreferred), ...layouts.filter((layout) => !isPreferred(layout))];
}

function layoutOfOrganizations(
  deps: EndorseDeps,
  { chaincodeName }: ClientProposal,
  view: ChannelView,
  organizations: readonly string[],
): Layout<Candidate> {
  const running = view.running(chaincodeName, deps.isSystemChaincode(chaincodeName));
  const names = [...new Set(organizations)];
  const layout = names.map((name) => ({
    count: 1,
    peers: byPreference(running.filter(({ mspId }) => mspId === name)),
  }));
  const missing = names.filter((_, index) => layout[index]?.peers.length === 0);
  if (missing.length === 0) return layout;
  throw gatewayError(
    "UNAVAILABLE",
    `failed to find any endorsing peers for org(s): ${missing.join(", ")}`,
  );
}

function interestIn(chaincodeName: string): ChaincodeInterest {
  return create(ChaincodeInterest, { chaincodes: [{ name: chaincodeName }] });
}
