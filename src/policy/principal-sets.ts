import type { MSPPrincipal, SignaturePolicyEnvelope } from "../wire/index.ts";
import { principalKey } from "./equivalent-policy.ts";
import {
  PRINCIPAL_SETS_MAX,
  PRINCIPAL_SETS_SIGNATURES_MAX,
  PRINCIPAL_SET_SIZE_MAX,
} from "./limits.ts";
import { minimalMultisets, type Multiset } from "./minimal-multisets.ts";
import { checkSignaturePolicy, type Rule } from "./signature-rule.ts";

/** `count` signatures, of different identities, that satisfy `principal`. `count` ≥ 1. */
export interface PrincipalCount {
  readonly principal: MSPPrincipal;
  readonly count: number;
}

/** Signatures that together satisfy a policy; each principal once. */
export type PrincipalSet = readonly PrincipalCount[];

/**
 * The minimal sets of principals whose signatures satisfy a policy: none contains another. A policy that is always
 * satisfied has the one empty set; one that never is, no set. In the order in which the policy names them, and
 * incomplete beyond the bounds in limits.ts. `isAvailable` leaves out principals that nobody can sign for, before
 * anything is combined. Throws as `compileSignaturePolicy`.
 */
export function principalSets(
  envelope: SignaturePolicyEnvelope,
  isAvailable: (principal: MSPPrincipal) => boolean = () => true,
): readonly PrincipalSet[] {
  const { root, principals } = checkSignaturePolicy(envelope);
  const unique = uniqueIndexes(principals);
  const usable = principals.map((principal) => isAvailable(principal));
  const demand = simplify(root, (index) => (usable[index] === true ? unique[index] : undefined));
  if (demand === "nothing") return [[]];
  if (demand === "impossible") return [];
  return minimalMultisets(new Enumeration().run(demand)).map((indexes) =>
    countPrincipals(indexes, principals),
  );
}

// Equal principals become one: the index of the first of them.
function uniqueIndexes(principals: readonly MSPPrincipal[]): readonly number[] {
  const first = new Map<string, number>();
  return principals.map((principal, index) => {
    const key = principalKey(principal);
    const known = first.get(key);
    if (known === undefined) first.set(key, index);
    return known ?? index;
  });
}

/** A rule that needs at least one signature and can be had: 1 ≤ needed ≤ demands.length, at every level. */
type Demand =
  | { readonly kind: "signature"; readonly principal: number }
  | { readonly kind: "some"; readonly needed: number; readonly demands: readonly Demand[] };

function simplify(
  rule: Rule,
  principalOf: (index: number) => number | undefined,
): Demand | "nothing" | "impossible" {
  if (rule.kind === "signed-by") {
    const principal = principalOf(rule.principal);
    return principal === undefined ? "impossible" : { kind: "signature", principal };
  }
  let { needed } = rule;
  const demands: Demand[] = [];
  for (const sub of rule.rules) {
    const demand = simplify(sub, principalOf);
    if (demand === "nothing") needed -= 1;
    else if (demand !== "impossible") demands.push(demand);
  }
  if (needed <= 0) return "nothing";
  return needed > demands.length ? "impossible" : { kind: "some", needed, demands };
}

/**
 * Walks over the ways to satisfy a demand, depth first, with what remains to be done as a continuation. Every branch
 * that is entered ends in a set unless the set grows too large, so the work is bounded by the number of sets.
 */
class Enumeration {
  readonly #found = new Map<string, Multiset>();
  readonly #chosen: number[] = [];
  #endsLeft = PRINCIPAL_SETS_MAX;
  #signaturesLeft = PRINCIPAL_SETS_SIGNATURES_MAX;

  run(demand: Demand): readonly Multiset[] {
    this.#satisfy(demand, () => {
      this.#keep();
    });
    return [...this.#found.values()];
  }

  #satisfy(demand: Demand, proceed: () => void): void {
    switch (demand.kind) {
      case "signature":
        this.#choose(demand.principal, proceed);
        return;
      case "some":
        this.#satisfySome(demand.demands, 0, demand.needed, proceed);
    }
  }

  #satisfySome(
    demands: readonly Demand[],
    start: number,
    needed: number,
    proceed: () => void,
  ): void {
    if (needed === 0) {
      proceed();
      return;
    }
    for (let index = start; index + needed <= demands.length && this.#hasRoom(); index += 1) {
      const demand = demands[index];
      if (demand === undefined) return;
      this.#satisfy(demand, () => {
        this.#satisfySome(demands, index + 1, needed - 1, proceed);
      });
    }
  }

  #choose(principal: number, proceed: () => void): void {
    if (this.#chosen.length >= PRINCIPAL_SET_SIZE_MAX) {
      this.#endsLeft -= 1;
      return;
    }
    this.#chosen.push(principal);
    proceed();
    this.#chosen.pop();
  }

  #hasRoom(): boolean {
    return this.#endsLeft > 0 && this.#signaturesLeft > 0;
  }

  #keep(): void {
    this.#endsLeft -= 1;
    this.#signaturesLeft -= this.#chosen.length;
    const indexes = this.#chosen.toSorted((a, b) => a - b);
    const key = indexes.join();
    if (!this.#found.has(key)) this.#found.set(key, indexes);
  }
}

function countPrincipals(indexes: Multiset, principals: readonly MSPPrincipal[]): PrincipalSet {
  const counts = new Map<number, number>();
  for (const index of indexes) counts.set(index, (counts.get(index) ?? 0) + 1);
  return [...counts].flatMap(([index, count]) => {
    const principal = principals[index];
    return principal === undefined ? [] : [{ principal, count }];
  });
}
