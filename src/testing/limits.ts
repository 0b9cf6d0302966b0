/** Bounds of a network in a test's process. */

export const ORDERERS_MAX = 7;
export const ORGANIZATIONS_MAX = 8;
export const PEERS_PER_ORGANIZATION_MAX = 8;

/** Ports that are tried before starting a network fails: others may hold many. */
export const PORT_ATTEMPTS_MAX = 1_000;
