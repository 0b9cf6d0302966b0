import {
  LIFECYCLE_NAMESPACE,
  readDefinition,
  type ChaincodeDefinition,
} from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import { planEndorsement, type ChannelPeer, type PlanResult } from "../discovery/index.ts";
import { BoundedCache } from "../kernel/bounded-cache.ts";
import { EMPTY_BYTES, compareUtf8, equalBytes, toHex } from "../kernel/bytes.ts";
import type { NamespaceVersion } from "../ledger/index.ts";
import { applicationPolicyPath, encodePolicyReference } from "../policy/index.ts";
import { ChaincodeInterest, encode } from "../wire/index.ts";
import type { Candidate } from "./core/candidates.ts";
import { INTEREST_REMEMBERED_BYTES_MAX, PLANS_REMEMBERED_MAX } from "./limits.ts";
import type { GatewayLedger } from "./ports.ts";

const LIFECYCLE_POLICY = "LifecycleEndorsement";

/** A peer of a plan: `index` is its place among the peers that were planned with. */
interface IndexedPeer extends ChannelPeer {
  readonly index: number;
}

interface Plan {
  readonly config: ChannelConfig;
  readonly definitions: NamespaceVersion;
  readonly peers: readonly ChannelPeer[];
  readonly result: PlanResult<IndexedPeer>;
}

/**
 * Who could endorse on one channel. Most transactions touch what others touched before, among the same peers: their plan is
 * remembered for as long as all that it follows from is the same, which is the configuration, the definitions, and the peers
 * with their identities and chaincodes. Heights only order the peers, and are looked at each time.
 */
export class EndorsementPlans {
  readonly #ledger: Pick<GatewayLedger, "query" | "versionOf">;
  // By marshalled interest.
  readonly #plans = new BoundedCache<string, Plan>(PLANS_REMEMBERED_MAX);

  constructor(ledger: Pick<GatewayLedger, "query" | "versionOf">) {
    this.#ledger = ledger;
  }

  /** Plans with the definitions committed now. Groups keep the order of `candidates`. */
  plan(
    config: ChannelConfig,
    interest: ChaincodeInterest,
    candidates: readonly Candidate[],
  ): PlanResult<Candidate> {
    // Whatever order heights bring them into.
    const peers = candidates.toSorted((a, b) => compareUtf8(a.address, b.address));
    return inOrder(this.#planOf(config, interest, peers).result, peers, candidates);
  }

  #planOf(config: ChannelConfig, interest: ChaincodeInterest, peers: readonly Candidate[]): Plan {
    const definitions = this.#ledger.versionOf(LIFECYCLE_NAMESPACE);
    const bytes = encode(ChaincodeInterest, interest);
    const key = bytes.length > INTEREST_REMEMBERED_BYTES_MAX ? undefined : toHex(bytes);
    const known = key === undefined ? undefined : this.#plans.get(key);
    const isCurrent = known?.config === config && known.definitions === definitions;
    if (isCurrent && areSamePeers(known.peers, peers)) return known;
    const result = this.#compute(config, interest, peers);
    const plan = { config, definitions, peers: peers.map(detached), result };
    if (key !== undefined) this.#plans.set(key, plan);
    return plan;
  }

  #compute(
    config: ChannelConfig,
    interest: ChaincodeInterest,
    peers: readonly Candidate[],
  ): PlanResult<IndexedPeer> {
    const state = this.#ledger.query();
    try {
      return planEndorsement({
        config,
        interest,
        peers: peers.map(({ identity, chaincodes }, index) => ({ identity, chaincodes, index })),
        definition: (name) =>
          name === LIFECYCLE_NAMESPACE ? lifecycle(config) : readDefinition(state, name),
      });
    } finally {
      state.close();
    }
  }
}

// The lifecycle is defined by the channel's configuration.
function lifecycle(config: ChannelConfig): ChaincodeDefinition | undefined {
  if (config.policy(applicationPolicyPath(LIFECYCLE_POLICY)) === undefined) return undefined;
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

function detached({ identity, chaincodes }: ChannelPeer): ChannelPeer {
  return { identity, chaincodes };
}

function areSamePeers(a: readonly ChannelPeer[], b: readonly ChannelPeer[]): boolean {
  return (
    a.length === b.length &&
    a.every((peer, index) => {
      const other = b[index];
      return other !== undefined && isSamePeer(peer, other);
    })
  );
}

function isSamePeer(a: ChannelPeer, b: ChannelPeer): boolean {
  if (a.identity !== b.identity && !equalBytes(a.identity, b.identity)) return false;
  if (a.chaincodes === b.chaincodes) return true;
  return (
    a.chaincodes.length === b.chaincodes.length &&
    a.chaincodes.every(({ name, version }, index) => {
      const other = b.chaincodes[index];
      return other?.name === name && other.version === version;
    })
  );
}

function inOrder(
  result: PlanResult<IndexedPeer>,
  peers: readonly Candidate[],
  candidates: readonly Candidate[],
): PlanResult<Candidate> {
  if (!result.ok) return result;
  const layouts = result.layouts.map((layout) =>
    layout.map(({ count, peers: group }) => {
      const members = new Set(group.map(({ index }) => peers[index]));
      return { count, peers: candidates.filter((candidate) => members.has(candidate)) };
    }),
  );
  return { ok: true, layouts };
}
