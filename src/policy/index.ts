/** Policies: who must sign. Evaluating them, writing them, and planning for them. */
export { PolicyError, type PolicyErrorCode } from "./errors.ts";
export { absentPolicy, type Policy, type PolicyIdentity, type PolicyVerdict } from "./policy.ts";
export { compileSignaturePolicy } from "./signature-policy.ts";
export {
  formatImplicitMeta,
  implicitMetaPolicy,
  parseImplicitMeta,
} from "./implicit-meta-policy.ts";
export { PolicyManager } from "./policy-manager.ts";
export {
  formatRolePrincipal,
  roleOfPrincipal,
  rolePrincipal,
  type RoleName,
  type RolePrincipal,
} from "./role-principal.ts";
export { parsePolicy } from "./policy-parser.ts";
export { formatPolicy } from "./policy-format.ts";
export { type PolicySource } from "./equivalent-policy.ts";
export { principalSets, type PrincipalCount, type PrincipalSet } from "./principal-sets.ts";
export {
  DEFAULT_ENDORSEMENT_POLICY,
  applicationPolicyPath,
  decodeApplicationPolicy,
  encodePolicyReference,
  encodeSignaturePolicy,
  type EndorsementPolicy,
} from "./application-policy.ts";
export {
  POLICY_DEPTH_MAX,
  POLICY_PRINCIPALS_MAX,
  POLICY_RULES_MAX,
  POLICY_TEXT_LENGTH_MAX,
} from "./limits.ts";
