/** A development network in a folder, and a client that speaks to it. */
export { DevelopmentNetwork } from "./development-network.ts";
export { NetworkError } from "./errors.ts";
export { readNodeFigures } from "./node-figures.ts";
export { addPeer, type AddPeerReport, type Level, type PeerSteps } from "./add-peer.ts";
export { joinChannel, type JoinReport } from "./join-channel.ts";
export { readMembers, type Member, type MembersReport } from "./members.ts";
export { checkRemoval, removePeer } from "./remove-peer.ts";
export { addOrderer, type AddOrdererReport, type OrdererSteps } from "./add-orderer.ts";
export { checkOrdererRemoval, removeOrderer } from "./remove-orderer.ts";
export { listOrderers, type ListedOrderer, type OrdererListing } from "./list-orderers.ts";
export { drainOrderer, transferLeader, type TransferReport } from "./lead-orderer.ts";
export { ordererNamed } from "./orderer-cluster.ts";
export type { OrdererReport } from "./client/orderer-report.ts";
export type { NodeStatus } from "./node-status.ts";
export { ORDERER_COUNT_MAX, PEER_COUNT_PER_ORGANIZATION_MAX, PORT_OFFSET_MAX } from "./topology.ts";
export { OrdererAdmin, type ChannelAtOrderer } from "./client/orderer-admin.ts";
export { validationCodeName } from "./client/fabric-client.ts";
export { chaincodeAction } from "./client/transaction.ts";
