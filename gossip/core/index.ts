/**
 * The decisions of gossip: deterministic, without clock, dice or network.
 * Owns: who is alive, which identities are known, how far ledgers are, how blocks spread, who delivers. Does not own: bytes of the wire,
 * signatures, connections, ledgers. Two cores: `Mesh`, one a peer, and `Channel`, one a channel.
 */
export type { Accusation } from "./accusation.ts";
export type {
  AliveClaim,
  IdentityRecord,
  LeadershipClaim,
  PeerId,
  RunnableChaincode,
  SealedMessage,
  Self,
  StateClaim,
} from "./claims.ts";
export { Channel, type ChannelDeps, type ChannelStart } from "./channel.ts";
export type { ChannelEffect, ChannelEvent } from "./channel-event.ts";
export type { Seed } from "./contacts.ts";
export {
  ACCUSATIONS_MAX,
  CHAINCODES_PER_CLAIM_MAX,
  DIGEST_BUCKETS_MAX,
  DIGEST_ITEMS_MAX,
  LONG_RANGE_BLOCKS_MAX,
  MEMBERS_MAX,
  NEWS_BATCH_MAX,
  PRIVATE_DIGESTS_MAX,
  PULL_ITEMS_MAX,
  STATE_CLAIMS_MAX,
} from "./limits.ts";
export { fingerprintOf } from "./membership-digest.ts";
export { Mesh, type MeshDeps } from "./mesh.ts";
export type { MeshEffect, MeshEvent } from "./mesh-event.ts";
export type { ChannelMessage, MeshMessage, NumberedBlock, ProbeMessage } from "./messages.ts";
export {
  DEFAULT_OPTIONS,
  FABRIC_OPTIONS,
  FAST_PROBES,
  optionProblem,
  type GossipOptions,
} from "./options.ts";
export type { PeerDirectory, PeerFacts } from "./peer-directory.ts";
export { incarnationAt, type Freshness, type PeerTime } from "./peer-time.ts";
export { chooseRecipients, type EligiblePeer } from "./private-recipients.ts";
export { PrivateSearch, type PrivateQuestion, type WantedSet } from "./private-search.ts";
export { newNonce } from "./sampling.ts";
export { sealedBytes } from "./sealed-bytes.ts";
export { BUFFER_BLOCKS_MAX } from "./limits.ts";
