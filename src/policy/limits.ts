/** Bounds of policies, which arrive in configurations, chaincode definitions and command lines. */

/** Gates and signers in one signature policy. A larger policy is refused. */
export const POLICY_RULES_MAX = 4_096;

/** Principals that one signature policy lists. A larger policy is refused. */
export const POLICY_PRINCIPALS_MAX = 4_096;

/** Gates within gates. A deeper policy is refused; the wire format itself ends near 48. */
export const POLICY_DEPTH_MAX = 40;

/**
 * Length of a policy text in characters. A longer text is refused. The shortest element has nine characters, so no
 * text has more elements than `POLICY_RULES_MAX`.
 */
export const POLICY_TEXT_LENGTH_MAX = 32_768;

/** Combinations of principals looked at for one policy. Later ones are left out: plans use what was found so far. */
export const PRINCIPAL_SETS_MAX = 10_000;

/** Signatures in one combination of principals. A combination that needs more is left out. */
export const PRINCIPAL_SET_SIZE_MAX = 400;

/** Signatures in all combinations of one policy together. Later combinations are left out. */
export const PRINCIPAL_SETS_SIGNATURES_MAX = 60_000;

/** Elements compared when looking for combinations that contain another. Beyond it such ones may remain. */
export const PRINCIPAL_SET_COMPARISONS_MAX = 200_000;
