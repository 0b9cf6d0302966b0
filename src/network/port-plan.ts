/** The ports that Fabric's users know; each further node of a kind is a step higher. */
export const PORT_STEP = 1_000;
export const ORDERER_PORT = 7_050;
export const PEER_PORT = 7_051;
export const CHAINCODE_PORT = 7_052;
export const ADMIN_PORT = 7_053;
export const OPERATIONS_PORT = 9_443;
export const PORT_MAX = 65_535;
