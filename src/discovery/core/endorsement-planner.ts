import type { ChaincodeDefinition } from "../../chaincode/index.ts";
import { principalSetsOf, type ChannelConfig } from "../../channel/index.ts";
import { HeddleError } from "../../kernel/error.ts";
import { principalSets, type EndorsementPolicy, type PrincipalSet } from "../../policy/index.ts";
import type { ChaincodeInterest, MSPPrincipal } from "../../wire/index.ts";
import { INTEREST_CALLS_MAX, INTEREST_POLICIES_MAX, LAYOUTS_MAX } from "../limits.ts";
import { mergePrincipalSets, principalKey } from "./merge-principal-sets.ts";
import { demandsOfCall, type CallDemands } from "./policies-of-interest.ts";

/** A peer of the channel. A `GossipMember` is one. */
export interface ChannelPeer {
  /** Marshalled `msp.SerializedIdentity`. */
  readonly identity: Uint8Array;
  /** What it can run, with sequences in decimal as versions. */
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
}

/** Peers that can sign as one principal, and how many of them must. `peers.length >= count >= 1`. */
export interface PeerGroup<Peer> {
  readonly peers: readonly Peer[];
  readonly count: number;
}

/** Groups that together satisfy all policies; a peer in two groups signs for one of them only. */
export type Layout<Peer> = readonly PeerGroup<Peer>[];

export interface PlanRequest<Peer extends ChannelPeer> {
  readonly config: ChannelConfig;
  /** At least one call, the first of which names the chaincode in question. */
  readonly interest: ChaincodeInterest;
  /** Peers that are alive and have joined the channel. Groups keep their order. */
  readonly peers: readonly Peer[];
  /** The committed definition. */
  readonly definition: (chaincodeName: string) => ChaincodeDefinition | undefined;
}

/** At least one layout, or why there is none, in Fabric's words. */
export type PlanResult<Peer> =
  | { readonly ok: true; readonly layouts: readonly Layout<Peer>[] }
  | { readonly ok: false; readonly reason: string };

type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * Who could endorse a transaction so that it satisfies the policies of every chaincode, collection and key that it
 * touches. Endorsers must run all chaincodes named and, where private values are read, be members of the collections.
 * Never throws for what definitions, interests or configurations hold.
 */
export function planEndorsement<Peer extends ChannelPeer>(
  request: PlanRequest<Peer>,
): PlanResult<Peer> {
  const demands = demandsOf(request);
  if (!demands.ok) return demands;
  const satisfiers = new Satisfiers(request.config, authorizedPeers(request, demands.value));
  const sets = combinedSets(request.config, demands.value, satisfiers);
  if (!sets.ok) return sets;
  if (sets.value.length === 0) {
    return refused("no peer combination can satisfy the endorsement policy");
  }
  const layouts = sets.value
    .map((set) => layoutOf(set, satisfiers, demands.value))
    .filter((layout) => layout.every(({ peers, count }) => peers.length >= count));
  return layouts.length === 0
    ? refused("required chaincodes are not installed on sufficient peers")
    : { ok: true, layouts: layouts.slice(0, LAYOUTS_MAX) };
}

function demandsOf<Peer extends ChannelPeer>({
  config,
  interest,
  definition,
}: PlanRequest<Peer>): Outcome<readonly CallDemands[]> {
  const { chaincodes } = interest;
  if (chaincodes.length === 0)
    return refused("chaincode interest must contain at least one chaincode");
  if (chaincodes.length > INTEREST_CALLS_MAX) {
    return refused(`${chaincodes.length} chaincode calls are more than ${INTEREST_CALLS_MAX}`);
  }
  const all: CallDemands[] = [];
  for (const call of chaincodes) {
    const found = definition(call.name);
    if (found === undefined) {
      return refused(
        `No metadata was found for chaincode ${call.name} in channel ${config.channelId}`,
      );
    }
    const reading = demandsOfCall(found, call);
    if (!reading.ok) return reading;
    all.push(reading.demands);
  }
  const count = all.reduce((sum, { policies }) => sum + policies.length, 0);
  return count > INTEREST_POLICIES_MAX
    ? refused(`${count} policies are more than ${INTEREST_POLICIES_MAX}`)
    : { ok: true, value: all };
}

// Fabric: to be named in the collection's policy in any way makes a peer's organisation a member.
function authorizedPeers<Peer extends ChannelPeer>(
  { config, peers }: PlanRequest<Peer>,
  demands: readonly CallDemands[],
): readonly Peer[] {
  const collections = demands.flatMap(({ members }) => members);
  if (collections.length === 0) return peers;
  return peers.filter(({ identity }) =>
    collections.every((members) => members.some((each) => isSatisfied(config, identity, each))),
  );
}

function combinedSets<Peer extends ChannelPeer>(
  config: ChannelConfig,
  demands: readonly CallDemands[],
  satisfiers: Satisfiers<Peer>,
): Outcome<readonly PrincipalSet[]> {
  let combined: readonly PrincipalSet[] = [[]];
  for (const policy of demands.flatMap(({ policies }) => policies)) {
    const sets = setsOf(config, policy, satisfiers);
    if (!sets.ok) return sets;
    combined = mergePrincipalSets(combined, sets.value).filter((set) =>
      set.every(({ principal, count }) => satisfiers.of(principal).length >= count),
    );
  }
  return { ok: true, value: combined };
}

function setsOf<Peer extends ChannelPeer>(
  config: ChannelConfig,
  policy: EndorsementPolicy,
  satisfiers: Satisfiers<Peer>,
): Outcome<readonly PrincipalSet[]> {
  try {
    const isAvailable = (principal: MSPPrincipal): boolean => satisfiers.of(principal).length > 0;
    const sets = enumerate(config, policy, isAvailable);
    if (sets === undefined) return refused("policy not found");
    if (sets.length > 0) return { ok: true, value: sets };
    const isSatisfiable = (enumerate(config, policy, () => true) ?? []).length > 0;
    return isSatisfiable
      ? { ok: true, value: [] }
      : refused("endorsement policy cannot be satisfied");
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return refused(error.message);
  }
}

function enumerate(
  config: ChannelConfig,
  policy: EndorsementPolicy,
  isAvailable: (principal: MSPPrincipal) => boolean,
): readonly PrincipalSet[] | undefined {
  switch (policy.kind) {
    case "signature":
      return principalSets(policy.envelope, isAvailable);
    case "reference":
      return principalSetsOf(config, policy.path, isAvailable);
  }
}

function layoutOf<Peer extends ChannelPeer>(
  set: PrincipalSet,
  satisfiers: Satisfiers<Peer>,
  demands: readonly CallDemands[],
): Layout<Peer> {
  return set.map(({ principal, count }) => ({
    count,
    peers: satisfiers.of(principal).filter((peer) => isRunning(peer, demands)),
  }));
}

function isRunning(peer: ChannelPeer, demands: readonly CallDemands[]): boolean {
  return demands.every(({ chaincodeName, version }) =>
    peer.chaincodes.some((each) => each.name === chaincodeName && each.version === version),
  );
}

/** The peers that can sign as a principal, found once for each. */
class Satisfiers<Peer extends ChannelPeer> {
  readonly #config: ChannelConfig;
  readonly #peers: readonly Peer[];
  readonly #found = new Map<string, readonly Peer[]>();

  constructor(config: ChannelConfig, peers: readonly Peer[]) {
    this.#config = config;
    this.#peers = peers;
  }

  of(principal: MSPPrincipal): readonly Peer[] {
    const key = principalKey(principal);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const peers = this.#peers.filter(({ identity }) =>
      isSatisfied(this.#config, identity, principal),
    );
    this.#found.set(key, peers);
    return peers;
  }
}

function isSatisfied(
  config: ChannelConfig,
  identity: Uint8Array,
  principal: MSPPrincipal,
): boolean {
  const result = config.mspManager.identity(identity);
  return result.ok && result.identity.satisfies(principal);
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
