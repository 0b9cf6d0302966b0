/**
 * Membership: is this certificate one of an organisation's, and what is its holder. Owns Fabric's MSP rules and
 * their order; reads no clock, so that every peer reaches the same verdict for ever. Key material is an adapter.
 */
export { AuthorityPool, type ChainResult } from "./authority-pool.ts";
export { MspError, type MspErrorCode } from "./errors.ts";
export { type Identity, type IdentityResult, isExpired } from "./identity.ts";
export { identityRefusal } from "./identity-refusal.ts";
export { Msp } from "./msp.ts";
export { MspCache } from "./msp-cache.ts";
export { MspManager } from "./msp-manager.ts";
export type { NodeRole } from "./node-ous.ts";
export { rolePrincipal } from "./principals.ts";
export { type IdentityReader, type SignedData, verifySignatures } from "./verify-signatures.ts";
