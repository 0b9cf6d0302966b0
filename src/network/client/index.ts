/** What any client of a network makes and signs: proposals, transactions, deployments. */
export {
  addToChannel,
  forecastRemoval,
  removeFromChannel,
  renewInChannel,
  untilLevel,
} from "./consenters.ts";
export type { Collection } from "./collections.ts";
export { deployChaincode, installPackage } from "./deploy.ts";
export { FabricClient } from "./fabric-client.ts";
export {
  OrdererAdmin,
  type AdminAnswer,
  type AdminCall,
  type AdminRequest,
} from "./orderer-admin.ts";
export type { OrdererAt, OrdererCluster } from "./orderer-cluster.ts";
export { NetworkError } from "../errors.ts";
export { retryBy } from "./retry.ts";
export { prepareProposal, signEnvelope, type PreparedProposal } from "./proposal.ts";
