import {
  LIFECYCLE_NAMESPACE,
  readDefinition,
  type ChaincodeDefinition,
} from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import { planEndorsement, type PlanResult } from "../discovery/index.ts";
import { EMPTY_BYTES } from "../kernel/bytes.ts";
import { applicationPolicyPath, encodePolicyReference } from "../policy/index.ts";
import type { ChaincodeInterest } from "../wire/index.ts";
import { byPreference, type Candidate } from "./core/candidates.ts";
import type { GatewayChannel, GatewayMember } from "./ports.ts";

const LIFECYCLE_POLICY = "LifecycleEndorsement";

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
  readonly #channel: GatewayChannel;

  constructor(channel: GatewayChannel, members: readonly GatewayMember[], local: LocalPeer) {
    this.#channel = channel;
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
    const state = this.#channel.ledger.query();
    try {
      return planEndorsement({
        config: this.config,
        interest,
        peers: this.candidates,
        definition: (name) =>
          name === LIFECYCLE_NAMESPACE ? this.#lifecycle() : readDefinition(state, name),
      });
    } finally {
      state.close();
    }
  }

  // The lifecycle is defined by the channel's configuration.
  #lifecycle(): ChaincodeDefinition | undefined {
    if (this.config.policy(applicationPolicyPath(LIFECYCLE_POLICY)) === undefined) return undefined;
    return {
      name: LIFECYCLE_NAMESPACE,
      version: "",
      sequence: 1,
      endorsementPlugin: "escc",
      validationPlugin: "vscc",
      validationParameter: encodePolicyReference(LIFECYCLE_POLICY),
      collections: EMPTY_BYTES,
      initRequired: false,
    };
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
