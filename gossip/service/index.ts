/**
 * Gossip between peers, over Fabric's wire.
 * Owns: streams to other peers, proofs of identity, what this peer signs about itself, the driving of the cores. Does not own: which
 * identities are valid, whether a block is, ledgers and channel configurations: those are ports.
 */
export { GossipError, type GossipErrorCode } from "./errors.ts";
export type { GossipMember } from "./member.ts";
export type {
  BlockSink,
  BlockVerdict,
  BlockVerifier,
  IdentityPort,
  LedgerView,
  PeerIdentityVerdict,
  PrivateDataPort,
  PrivateSetDigest,
  PrivateTerms,
  PushedPrivateSet,
  TlsTrust,
} from "./ports.ts";
export type {
  AnchorPeerAddress,
  ChannelNetwork,
  ChannelState,
  GossipServiceOptions,
} from "./options.ts";
export { PrivateDistributor, type PrivateDistributorDeps } from "./private-distributor.ts";
export { PrivateGatherer, type PrivateGathererDeps } from "./private-gatherer.ts";
export { heldSets, keepPushedSet, type PrivateHoldings } from "./private-holdings.ts";
export { PrivateReconciler, type PrivateReconcilerDeps } from "./private-reconciler.ts";
export { GossipService, type GossipDeps } from "./service.ts";
export { FABRIC_OPTIONS, type GossipOptions } from "../core/index.ts";
export { BUFFER_BLOCKS_MAX } from "../core/index.ts";
export { CONNECTIONS_MAX as GOSSIP_CONNECTIONS_MAX } from "./limits.ts";
