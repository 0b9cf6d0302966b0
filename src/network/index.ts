/** A development network in a folder, and a client that speaks to it. */
export { DevelopmentNetwork } from "./development-network.ts";
export { NetworkError } from "./errors.ts";
export { NetworkLayout, type NodeLayout } from "./layout.ts";
export { makeNetwork } from "./make-network.ts";
export { figuresIn, readNodeFigures, type NodeFigures } from "./node-figures.ts";
export { nodeNamed, ordererNamed } from "./node-names.ts";
export { addOrganization, type AddOrganizationReport } from "./add-organization.ts";
export { addPeer, type AddPeerReport, type PeerSteps } from "./add-peer.ts";
export type { Level } from "./client/level.ts";
export { joinChannel, type JoinReport } from "./join-channel.ts";
export { untilLevel } from "./until-level.ts";
export { readMembers, type Member, type MembersReport } from "./members.ts";
export { checkRemoval, removePeer } from "./remove-peer.ts";
export { addOrderer, type AddOrdererReport } from "./add-orderer.ts";
export type { OrdererSteps } from "./client/consenters.ts";
export { checkOrdererRemoval, removeOrderer } from "./remove-orderer.ts";
export { replaceOrderer, type ReplaceOrdererReport } from "./replace-orderer.ts";
export { listOrderers, type ListedOrderer, type OrdererListing } from "./list-orderers.ts";
export { drainOrderer, transferLeader, type TransferReport } from "./lead-orderer.ts";
export {
  recoverOrderer,
  recoveryOutlook,
  type LostMember,
  type RecoveryOutlook,
  type RecoveryReport,
} from "./recover-orderer.ts";
export type { OrdererReport } from "./client/orderer-report.ts";
export { freeSubnet } from "./namespaces.ts";
export type { NodeStatus } from "./node-status.ts";
export {
  dialAddressOf,
  CHANNEL_ID,
  ORDERER_COUNT_MAX,
  ORDERER_DOMAIN,
  ORDERER_MSP_ID,
  PEER_COUNT_PER_ORGANIZATION_MAX,
  PORT_OFFSET_MAX,
  type PeerOrganization,
  type PeerSite,
  type Topology,
} from "./topology.ts";
export { parseCollections, type Collection } from "./client/collections.ts";
export { deployChaincode, type DeployedChaincode } from "./client/deploy.ts";
export { OrdererAdmin, type ChannelAtOrderer } from "./client/orderer-admin.ts";
export { FabricClient, validationCodeName } from "./client/fabric-client.ts";
export type { ProposalRequest } from "./client/proposal.ts";
export { chaincodeAction } from "./client/transaction.ts";
export { ChaosControl, type NodeChaos, type Undo } from "./chaos/chaos-control.ts";
export {
  isSound,
  LEVEL_MS_MAX,
  recoveries,
  reportText,
  verdictOf,
  type ChaosRun,
} from "./chaos/chaos-report.ts";
export { timelineSvg } from "./chaos/chaos-timeline.ts";
export { courseOf, type CourseRequest } from "./chaos/course.ts";
export { requireStep } from "./chaos/failpoint-names.ts";
export { DevelopmentSite } from "./chaos/development-site.ts";
export { runChaos, type ChaosPlan } from "./chaos/run-chaos.ts";
export { SCENARIOS, type Scenario } from "./chaos/scenarios.ts";
export type { ChaosSite, PeerClient } from "./chaos/site.ts";
export type { NetworkNames } from "./chaos/steps.ts";
