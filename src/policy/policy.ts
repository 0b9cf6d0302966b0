import type { MSPPrincipal } from "../wire/index.ts";

/** A signer whose signature has been verified; `satisfies` says whether it may act as `principal`. */
export interface PolicyIdentity {
  satisfies(principal: MSPPrincipal): boolean;
}

/** The answer of a policy. `reason` is for logs and for clients, in Fabric's words where Fabric has any. */
export type PolicyVerdict =
  { readonly satisfied: true } | { readonly satisfied: false; readonly reason: string };

/** A rule over sets of signers. Evaluation is deterministic and depends on the order of `identities`. */
export interface Policy {
  /** `identities` are distinct: two signatures of one certificate count once. */
  evaluate(identities: readonly PolicyIdentity[]): PolicyVerdict;
}

/** The verdict of every satisfied policy. */
export const SATISFIED: PolicyVerdict = { satisfied: true };

/** Stands for a policy that was looked up and is not there: nothing satisfies it. */
export function absentPolicy(name: string): Policy {
  const verdict: PolicyVerdict = { satisfied: false, reason: `no such policy: '${name}'` };
  return { evaluate: () => verdict };
}
