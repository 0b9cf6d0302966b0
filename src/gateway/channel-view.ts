import type { ChannelConfig } from "../channel/index.ts";
import type { PlanResult } from "../discovery/index.ts";
import type { ChaincodeInterest } from "../wire/index.ts";
import { byPreference, type Candidate } from "./core/candidates.ts";
import type { EndorsementPlans } from "./endorsement-plans.ts";
import type { GatewayChannel, GatewayMember } from "./ports.ts";

/** This peer, as its clients and its organisation know it. */
export interface LocalPeer {
  readonly mspId: string;
  /** `host:port` for error details. */
  readonly endpoint: string;
}

/** A channel at the time of one request: its configuration and the peers that could endorse. */
export class ChannelView {
  readonly config: ChannelConfig;
  /** By preference. */
  readonly candidates: readonly Candidate[];
  readonly #plans: EndorsementPlans;

  constructor(
    channel: GatewayChannel,
    plans: EndorsementPlans,
    members: readonly GatewayMember[],
    local: LocalPeer,
  ) {
    this.#plans = plans;
    this.config = channel.config.current();
    const { height } = channel.ledger;
    this.candidates = byPreference(
      members.flatMap((member) => candidateOf(member, local, height) ?? []),
    );
  }

  /** Fabric: a peer counts by the chaincode's name alone; only planning looks at sequences. */
  running(chaincodeName: string, isSystem: boolean): readonly Candidate[] {
    if (isSystem) return this.candidates;
    return this.candidates.filter(({ chaincodes }) =>
      chaincodes.some(({ name }) => name === chaincodeName),
    );
  }

  /** Plans with the definitions committed now. */
  plan(interest: ChaincodeInterest): PlanResult<Candidate> {
    return this.#plans.plan(this.config, interest, this.candidates);
  }
}

function candidateOf(
  member: GatewayMember,
  local: LocalPeer,
  localHeight: number,
): Candidate | undefined {
  const { mspId, endpoint, identity, chaincodes, isSelf } = member;
  if (isSelf) {
    // What it has gossiped may be older than what it has committed.
    const address = local.endpoint;
    return { mspId, address, identity, chaincodes, height: localHeight, isLocal: true };
  }
  if (endpoint === "") return undefined;
  return { mspId, address: endpoint, identity, chaincodes, height: member.height, isLocal: false };
}
