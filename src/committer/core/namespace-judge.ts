import type { Policy, PolicyIdentity } from "../../policy/index.ts";
import { TxValidationCode } from "../../wire/index.ts";
import type { EndorsementRules, NamespaceEndorsement } from "./endorsement-rules.ts";
import { writtenKeyId, type NamespaceWrites, type WrittenKey } from "./written-namespaces.ts";

/**
 * Asks, for one block's transactions in order, whether their endorsers may write what they write. Fabric:
 * `baseEvaluator` and `policyCheckerV20`. A key that has a policy of its own is judged by that alone, other keys by
 * their collection's or the chaincode's.
 *
 * Invariant: `#updated` names the keys whose metadata a transaction before this one writes with its namespace's
 * approval, whatever became of it later.
 */
export class NamespaceJudge {
  readonly #rules: EndorsementRules;
  readonly #keyPolicyOf: (namespace: string, key: WrittenKey) => Uint8Array | undefined;
  readonly #updated = new Set<string>();

  constructor(
    rules: EndorsementRules,
    keyPolicyOf: (namespace: string, key: WrittenKey) => Uint8Array | undefined,
  ) {
    this.#rules = rules;
    this.#keyPolicyOf = keyPolicyOf;
  }

  /** VALID, INVALID_CHAINCODE or ENDORSEMENT_POLICY_FAILURE. */
  judge(writes: NamespaceWrites, endorsers: readonly PolicyIdentity[]): TxValidationCode {
    const endorsement = this.#rules.namespace(writes.namespace);
    if (endorsement === undefined) return TxValidationCode.INVALID_CHAINCODE;
    if (!this.#isEndorsed(writes, endorsement, endorsers)) {
      return TxValidationCode.ENDORSEMENT_POLICY_FAILURE;
    }
    for (const key of writes.metadataKeys) this.#updated.add(idOf(writes.namespace, key));
    return TxValidationCode.VALID;
  }

  #isEndorsed(
    { namespace, keys }: NamespaceWrites,
    endorsement: NamespaceEndorsement,
    endorsers: readonly PolicyIdentity[],
  ): boolean {
    const asked = new Set<Policy>();
    for (const key of keys) {
      // Which policy will guard the key is not known before this block is committed.
      if (this.#updated.has(idOf(namespace, key))) return false;
      const policy = this.#policyOf(namespace, key, endorsement);
      if (asked.has(policy)) continue;
      if (!policy.evaluate(endorsers).satisfied) return false;
      asked.add(policy);
    }
    return asked.size > 0 || endorsement.policy.evaluate(endorsers).satisfied;
  }

  #policyOf(namespace: string, key: WrittenKey, endorsement: NamespaceEndorsement): Policy {
    const own = this.#keyPolicyOf(namespace, key);
    if (own !== undefined && own.length > 0) return this.#rules.key(own);
    // Fabric reads a hashed write without a collection as a public one.
    if (key.collection === "") return endorsement.policy;
    return this.#rules.collection(namespace, endorsement, key.collection);
  }
}

function idOf(namespace: string, key: WrittenKey): string {
  return `${namespace}\0${writtenKeyId(key)}`;
}
