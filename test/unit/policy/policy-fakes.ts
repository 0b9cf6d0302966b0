import type { Policy, PolicyIdentity } from "../../../src/policy/index.ts";
import { roleOfPrincipal } from "../../../src/policy/index.ts";

/** An identity that has each of `roles`, written `Org1.peer`; every one of them is also a member. */
export function identityWith(...roles: readonly string[]): PolicyIdentity {
  return {
    satisfies(principal): boolean {
      const role = roleOfPrincipal(principal);
      if (role === undefined) return false;
      if (role.role === "member") return roles.some((name) => name.startsWith(`${role.mspId}.`));
      return roles.includes(`${role.mspId}.${role.role}`);
    },
  };
}

/** Whether the policy is satisfied by identities of the given roles, one identity each. */
export function isSatisfiedBy(policy: Policy, ...roles: readonly string[]): boolean {
  return policy.evaluate(roles.map((role) => identityWith(role))).satisfied;
}
