/** What any client of a network makes and signs: proposals, transactions, deployments. */
export { deployChaincode, installPackage } from "./deploy.ts";
export { FabricClient } from "./fabric-client.ts";
export { retryBy } from "./retry.ts";
export { prepareProposal, signEnvelope, type PreparedProposal } from "./proposal.ts";
