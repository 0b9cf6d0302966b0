import type { MSPPrincipal, SignaturePolicyEnvelope } from "../wire/index.ts";
import { SATISFIED, type Policy, type PolicyIdentity, type PolicyVerdict } from "./policy.ts";
import { checkSignaturePolicy, type Rule } from "./signature-rule.ts";

const UNSATISFIED: PolicyVerdict = {
  satisfied: false,
  reason: "signature set did not satisfy policy",
};

/**
 * The policy of a `SignaturePolicyEnvelope`.
 * Throws `PolicyError` ("malformed-policy", "too-large"): version, index, empty element, size, depth.
 */
export function compileSignaturePolicy(envelope: SignaturePolicyEnvelope): Policy {
  const { root, principals } = checkSignaturePolicy(envelope);
  return {
    evaluate(identities: readonly PolicyIdentity[]): PolicyVerdict {
      const evaluation = new Evaluation(principals, identities);
      return evaluation.satisfies(root) ? SATISFIED : UNSATISFIED;
    },
  };
}

/**
 * Fabric: one greedy pass. A signer rule takes the first identity that fits and is not taken; a gate tries all its
 * rules in order and gives back what a failed one took. There is no backtracking, so a broad principal that comes
 * first can starve a narrow one. All peers must come to the same answer, so that is part of the protocol.
 *
 * Invariant: `#taken` lists exactly the indexes for which `#isTaken` is true, in the order they were taken.
 */
class Evaluation {
  readonly #principals: readonly MSPPrincipal[];
  readonly #identities: readonly PolicyIdentity[];
  readonly #isTaken: boolean[];
  readonly #taken: number[] = [];
  readonly #fits: (boolean | undefined)[][] = [];

  constructor(principals: readonly MSPPrincipal[], identities: readonly PolicyIdentity[]) {
    this.#principals = principals;
    this.#identities = identities;
    this.#isTaken = identities.map(() => false);
  }

  satisfies(rule: Rule): boolean {
    switch (rule.kind) {
      case "signed-by":
        return this.#takeFirst(rule.principal);
      case "threshold":
        return this.#countSatisfied(rule.rules) >= rule.needed;
    }
  }

  #countSatisfied(rules: readonly Rule[]): number {
    let count = 0;
    for (const rule of rules) {
      const mark = this.#taken.length;
      if (this.satisfies(rule)) count += 1;
      else this.#giveBack(mark);
    }
    return count;
  }

  #takeFirst(principal: number): boolean {
    for (let index = 0; index < this.#identities.length; index += 1) {
      if (this.#isTaken[index] === true || !this.#canActAs(index, principal)) continue;
      this.#isTaken[index] = true;
      this.#taken.push(index);
      return true;
    }
    return false;
  }

  #giveBack(mark: number): void {
    for (const index of this.#taken.splice(mark)) this.#isTaken[index] = false;
  }

  // Asking an identity costs decoding and certificate checks; rules ask the same question many times.
  #canActAs(index: number, principal: number): boolean {
    const answers = (this.#fits[principal] ??= []);
    return (answers[index] ??= this.#ask(index, principal));
  }

  #ask(index: number, principal: number): boolean {
    const wanted = this.#principals[principal];
    return wanted !== undefined && this.#identities[index]?.satisfies(wanted) === true;
  }
}
