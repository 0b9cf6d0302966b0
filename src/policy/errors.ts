import { HeddleError } from "../kernel/error.ts";

/**
 * `malformed-text`: text that is not in the policy language; `data.position` counts characters from 1.
 * `malformed-policy`: a policy message that cannot be evaluated.
 * `too-large`: beyond a bound of limits.ts.
 * `inexpressible`: a policy that the policy language has no words for.
 */
export type PolicyErrorCode = "malformed-text" | "malformed-policy" | "too-large" | "inexpressible";

/** A policy from elsewhere that cannot be used. */
export class PolicyError extends HeddleError<PolicyErrorCode> {
  override readonly name = "PolicyError";
}
