/** What any client of a network makes and signs: proposals, transactions, deployments. */
export { deployChaincode, type DeployOrganization, type DeployRequest } from "./deploy.ts";
export { FabricClient } from "./fabric-client.ts";
export { prepareProposal, signEnvelope, type PreparedProposal } from "./proposal.ts";
