import { ImplicitMetaPolicy_Rule, type ImplicitMetaPolicy } from "../wire/index.ts";
import { PolicyError } from "./errors.ts";
import { SATISFIED, type Policy, type PolicyIdentity, type PolicyVerdict } from "./policy.ts";

const RULES = [
  ["ANY", ImplicitMetaPolicy_Rule.ANY],
  ["ALL", ImplicitMetaPolicy_Rule.ALL],
  ["MAJORITY", ImplicitMetaPolicy_Rule.MAJORITY],
] as const;

/**
 * How many of `count` sub-policies `rule` asks for; with none to ask, zero.
 * Throws `PolicyError` ("malformed-policy") when the rule is none of ANY, ALL, MAJORITY.
 */
export function implicitMetaThreshold(rule: ImplicitMetaPolicy_Rule, count: number): number {
  if (count === 0) return 0;
  switch (rule) {
    case ImplicitMetaPolicy_Rule.ANY:
      return 1;
    case ImplicitMetaPolicy_Rule.ALL:
      return count;
    case ImplicitMetaPolicy_Rule.MAJORITY:
      return Math.floor(count / 2) + 1;
    case ImplicitMetaPolicy_Rule.UNRECOGNIZED:
  }
  throw new PolicyError(
    "malformed-policy",
    `implicit meta policy has unknown rule ${rule}, use ANY, ALL or MAJORITY`,
  );
}

/**
 * Satisfied when enough of `subPolicies` are: one per sub-group, an absent one counts as a failing one.
 * Each judges the whole list of identities, so one signer may serve several. Throws as `implicitMetaThreshold`.
 */
export function implicitMetaPolicy(
  definition: ImplicitMetaPolicy,
  subPolicies: readonly Policy[],
): Policy {
  const threshold = implicitMetaThreshold(definition.rule, subPolicies.length);
  return {
    evaluate(identities: readonly PolicyIdentity[]): PolicyVerdict {
      let satisfied = 0;
      for (const policy of subPolicies) {
        if (satisfied === threshold) break;
        if (policy.evaluate(identities).satisfied) satisfied += 1;
      }
      if (satisfied >= threshold) return SATISFIED;
      const reason = `implicit policy evaluation failed - ${satisfied} sub-policies were satisfied, but this policy requires ${threshold} of the '${definition.subPolicy}' sub-policies to be satisfied`;
      return { satisfied: false, reason };
    },
  };
}

/**
 * Reads `MAJORITY Endorsement` and the like: the rule in capitals, one space, the name of the sub-policy.
 * Throws `PolicyError` ("malformed-text").
 */
export function parseImplicitMeta(text: string): ImplicitMetaPolicy {
  const [ruleName, subPolicy, ...rest] = text.split(" ");
  const rule = RULES.find(([name]) => name === ruleName)?.[1];
  if (rule === undefined || subPolicy === undefined || subPolicy === "" || rest.length > 0) {
    throw new PolicyError(
      "malformed-text",
      `"${text.slice(0, 64)}" is not an implicit meta policy: write ANY, ALL or MAJORITY, one space and a policy name`,
      { data: { position: 1 } },
    );
  }
  return { subPolicy, rule };
}

/** The text that `parseImplicitMeta` reads. Throws `PolicyError` ("inexpressible") for an unknown rule. */
export function formatImplicitMeta(policy: ImplicitMetaPolicy): string {
  const name = RULES.find(([, rule]) => rule === policy.rule)?.[0];
  if (name === undefined) {
    throw new PolicyError("inexpressible", `implicit meta rule ${policy.rule} has no name`);
  }
  return `${name} ${policy.subPolicy}`;
}
