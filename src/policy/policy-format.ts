import type { MSPPrincipal, SignaturePolicyEnvelope } from "../wire/index.ts";
import { PolicyError } from "./errors.ts";
import { formatRolePrincipal, roleOfPrincipal } from "./role-principal.ts";
import { checkSignaturePolicy, type CheckedPolicy, type Rule } from "./signature-rule.ts";

/**
 * The policy in the policy language, such that `parsePolicy` gives back an equivalent one; for a policy that
 * `parsePolicy` made, the same bytes. Throws `PolicyError`: "inexpressible" for principals that are not roles,
 * MSP ids and thresholds without words, gates without operands; and as `compileSignaturePolicy`.
 */
export function formatPolicy(envelope: SignaturePolicyEnvelope): string {
  const policy = checkSignaturePolicy(envelope);
  const { root } = policy;
  return root.kind === "signed-by" ? `OR(${formatRule(root, policy)})` : formatRule(root, policy);
}

function formatRule(rule: Rule, policy: CheckedPolicy): string {
  switch (rule.kind) {
    case "signed-by":
      return `'${formatPrincipal(policy.principals[rule.principal])}'`;
    case "threshold": {
      const { needed, rules } = rule;
      if (rules.length === 0 || needed < 0 || needed > rules.length + 1) {
        throw new PolicyError("inexpressible", `no words for ${needed} out of ${rules.length}`);
      }
      const operands = rules.map((sub) => formatRule(sub, policy)).join(", ");
      if (needed === 1) return `OR(${operands})`;
      if (needed === rules.length) return `AND(${operands})`;
      return `OutOf(${needed}, ${operands})`;
    }
  }
}

function formatPrincipal(principal: MSPPrincipal | undefined): string {
  const role = principal === undefined ? undefined : roleOfPrincipal(principal);
  if (role === undefined) {
    throw new PolicyError("inexpressible", "no words for a principal that is not a known role");
  }
  const text = formatRolePrincipal(role);
  if (text === undefined) {
    throw new PolicyError("inexpressible", `no words for MSP id ${JSON.stringify(role.mspId)}`);
  }
  return text;
}
