/**
 * The gateway service: a client's one door to a network.
 *
 * Owns choosing endorsers and orderers, connections to them, assembling transactions, waiting for commits, and the statuses
 * and details that clients see. Does not own endorsement itself, membership, ledgers or channel configurations: those are
 * ports.
 */
export type { LocalPeer } from "./channel-view.ts";
export { Gateway, type GatewayDeps, type GatewayOptions } from "./gateway.ts";
export type {
  GatewayChannel,
  GatewayChannels,
  GatewayLedger,
  GatewayMember,
  GatewayMembership,
  LocalEndorser,
} from "./ports.ts";
