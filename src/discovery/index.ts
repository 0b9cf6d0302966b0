/** Planning: which peers could endorse a transaction so that it satisfies every policy that it touches. */
export { assignPeers } from "./core/assign-peers.ts";
export {
  planEndorsement,
  type ChannelPeer,
  type Layout,
  type PeerGroup,
  type PlanRequest,
  type PlanResult,
} from "./core/endorsement-planner.ts";
