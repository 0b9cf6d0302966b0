import { toHex } from "../kernel/bytes.ts";
import type { MSPPrincipal, SignaturePolicy, SignaturePolicyEnvelope } from "../wire/index.ts";

/** How a configured policy was written, for readers that plan signatures rather than judge them. */
export type PolicySource =
  | { readonly kind: "signature"; readonly envelope: SignaturePolicyEnvelope }
  | {
      readonly kind: "implicit-meta";
      readonly threshold: number;
      /** One per sub-group; `undefined` where it has no policy of that name. */
      readonly subPolicies: readonly (PolicySource | undefined)[];
    };

/**
 * A signature policy that asks for the same signatures: implicit meta policies become gates, an absent
 * sub-policy a gate that nothing opens. One signer counts once in all of it, where each sub-policy of an implicit
 * meta policy would count it again; what satisfies the result satisfies the source.
 */
export function equivalentSignaturePolicy(source: PolicySource): SignaturePolicyEnvelope {
  const principals = new PrincipalList();
  const rule = convert(source, principals);
  return { version: 0, rule, identities: principals.list };
}

function convert(source: PolicySource | undefined, principals: PrincipalList): SignaturePolicy {
  if (source === undefined) return gate(1, []);
  switch (source.kind) {
    case "signature": {
      const indexes = source.envelope.identities.map((principal) => principals.indexOf(principal));
      return renumber(source.envelope.rule, indexes);
    }
    case "implicit-meta": {
      const rules = source.subPolicies.map((sub) => convert(sub, principals));
      return gate(source.threshold, rules);
    }
  }
}

function renumber(rule: SignaturePolicy | undefined, indexes: readonly number[]): SignaturePolicy {
  switch (rule?.type?.$case) {
    case undefined:
      return gate(1, []);
    case "signedBy":
      return { type: { $case: "signedBy", value: indexes[rule.type.value] ?? -1 } };
    case "nOutOf": {
      const { n, rules } = rule.type.value;
      return gate(
        n,
        rules.map((sub) => renumber(sub, indexes)),
      );
    }
  }
}

function gate(n: number, rules: SignaturePolicy[]): SignaturePolicy {
  return { type: { $case: "nOutOf", value: { n, rules } } };
}

class PrincipalList {
  readonly list: MSPPrincipal[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(principal: MSPPrincipal): number {
    const key = principalKey(principal);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.list.length);
    return this.list.push(principal) - 1;
  }
}

/** Equal for principals of equal class and bytes. */
export function principalKey(principal: MSPPrincipal): string {
  return `${principal.principalClassification} ${toHex(principal.principal)}`;
}
