import type { MSPPrincipal, SignaturePolicy, SignaturePolicyEnvelope } from "../wire/index.ts";
import { PolicyError } from "./errors.ts";
import { POLICY_DEPTH_MAX, POLICY_PRINCIPALS_MAX, POLICY_RULES_MAX } from "./limits.ts";

/** A node of a signature policy. `principal` is an index; `needed` may be zero, negative or more than `rules` has. */
export type Rule =
  | { readonly kind: "signed-by"; readonly principal: number }
  | { readonly kind: "threshold"; readonly needed: number; readonly rules: readonly Rule[] };

/** A signature policy of bounded size whose every index points to a principal. */
export interface CheckedPolicy {
  readonly root: Rule;
  readonly principals: readonly MSPPrincipal[];
}

/** Checks a signature policy's form and size. Throws `PolicyError` ("malformed-policy", "too-large"). */
export function checkSignaturePolicy(envelope: SignaturePolicyEnvelope): CheckedPolicy {
  if (envelope.version !== 0) {
    throw new PolicyError(
      "malformed-policy",
      `signature policy has version ${envelope.version}, only version 0 is known`,
    );
  }
  if (envelope.identities.length > POLICY_PRINCIPALS_MAX) {
    throw tooLarge(`lists ${envelope.identities.length} principals`, POLICY_PRINCIPALS_MAX);
  }
  const budget: Budget = { principals: envelope.identities.length, rulesLeft: POLICY_RULES_MAX };
  return { root: checkRule(envelope.rule, budget, 1), principals: envelope.identities };
}

interface Budget {
  readonly principals: number;
  rulesLeft: number;
}

function checkRule(rule: SignaturePolicy | undefined, budget: Budget, depth: number): Rule {
  const type = rule?.type;
  if (type === undefined) {
    throw new PolicyError("malformed-policy", "signature policy has an empty element");
  }
  budget.rulesLeft -= 1;
  if (budget.rulesLeft < 0) throw tooLarge("has too many elements", POLICY_RULES_MAX);
  switch (type.$case) {
    case "signedBy":
      return { kind: "signed-by", principal: checkIndex(type.value, budget.principals) };
    case "nOutOf": {
      if (depth > POLICY_DEPTH_MAX) throw tooLarge("is nested too deeply", POLICY_DEPTH_MAX);
      const rules = type.value.rules.map((sub) => checkRule(sub, budget, depth + 1));
      return { kind: "threshold", needed: type.value.n, rules };
    }
  }
}

function checkIndex(index: number, count: number): number {
  if (index >= 0 && index < count) return index;
  throw new PolicyError(
    "malformed-policy",
    `identity index out of range, requested ${index}, but identities length is ${count}`,
  );
}

function tooLarge(what: string, bound: number): PolicyError {
  return new PolicyError("too-large", `signature policy ${what}, at most ${bound} are allowed`);
}
