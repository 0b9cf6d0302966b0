import {
  ImplicitMetaPolicy,
  Policy_PolicyType,
  SignaturePolicyEnvelope,
  decode,
  type ConfigGroup,
  type Policy as PolicyMessage,
} from "../wire/index.ts";
import { errorMessage } from "../kernel/error.ts";
import { equivalentSignaturePolicy, type PolicySource } from "./equivalent-policy.ts";
import { PolicyError } from "./errors.ts";
import { implicitMetaPolicy, implicitMetaThreshold } from "./implicit-meta-policy.ts";
import { absentPolicy, type Policy } from "./policy.ts";
import { compileSignaturePolicy } from "./signature-policy.ts";

interface Entry {
  readonly policy: Policy;
  readonly source: PolicySource;
}

/** The policies of a configuration group and of the groups in it, under their paths. Immutable. */
export class PolicyManager {
  readonly #path: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #managers: ReadonlyMap<string, PolicyManager>;
  // Made when they are first asked for, then asked for with every proposal.
  readonly #equivalents = new WeakMap<Entry, SignaturePolicyEnvelope>();

  private constructor(
    path: string,
    entries: ReadonlyMap<string, Entry>,
    managers: ReadonlyMap<string, PolicyManager>,
  ) {
    this.#path = path;
    this.#entries = entries;
    this.#managers = managers;
  }

  /**
   * Compiles every policy of `group`, whose absolute path is `path`, such as `/Channel`.
   * Throws `PolicyError` with the path of the policy at fault. The caller bounds the depth and size of the tree.
   */
  static compile(path: string, group: ConfigGroup): PolicyManager {
    const managers = new Map<string, PolicyManager>();
    for (const [name, subGroup] of group.groups) {
      managers.set(name, PolicyManager.compile(`${path}/${name}`, subGroup));
    }
    const entries = new Map<string, Entry>();
    for (const [name, { policy }] of group.policies) {
      entries.set(name, compileEntry(`${path}/${name}`, policy, [...managers.values()]));
    }
    return new PolicyManager(path, entries, managers);
  }

  /**
   * The policy at `id`: absolute (`/Channel/Application/Admins`), or relative to this group (`Admins`,
   * `Org1/Admins`). `undefined` when there is none, or when an absolute path leads elsewhere.
   */
  policy(id: string): Policy | undefined {
    return this.#entry(id)?.policy;
  }

  /** The signature policy that asks for the same signatures as the policy at `id`. */
  signaturePolicy(id: string): SignaturePolicyEnvelope | undefined {
    const entry = this.#entry(id);
    if (entry === undefined) return undefined;
    const known = this.#equivalents.get(entry);
    if (known !== undefined) return known;
    const equivalent = equivalentSignaturePolicy(entry.source);
    this.#equivalents.set(entry, equivalent);
    return equivalent;
  }

  /** The manager of a group below this one, by the names that lead to it. */
  manager(names: readonly string[]): PolicyManager | undefined {
    const [first, ...rest] = names;
    return first === undefined ? this : this.#managers.get(first)?.manager(rest);
  }

  /** What a sub-group contributes to an implicit meta policy of the group above it. */
  source(id: string): PolicySource | undefined {
    return this.#entry(id)?.source;
  }

  #entry(id: string): Entry | undefined {
    const prefix = `${this.#path}/`;
    if (id.startsWith("/") && !id.startsWith(prefix)) return undefined;
    const names = (id.startsWith("/") ? id.slice(prefix.length) : id).split("/");
    const policyName = names.pop();
    if (policyName === undefined) return undefined;
    const owner = this.manager(names);
    return owner === undefined ? undefined : owner.#entries.get(policyName);
  }
}

function compileEntry(
  path: string,
  message: PolicyMessage | undefined,
  subGroups: readonly PolicyManager[],
): Entry {
  try {
    return compileMessage(message, subGroups);
  } catch (error) {
    const code = error instanceof PolicyError ? error.code : "malformed-policy";
    throw new PolicyError(code, `policy ${path} did not compile: ${errorMessage(error)}`, {
      data: { path },
      cause: error,
    });
  }
}

function compileMessage(
  message: PolicyMessage | undefined,
  subGroups: readonly PolicyManager[],
): Entry {
  if (message === undefined) throw new PolicyError("malformed-policy", "it has no content");
  switch (message.type) {
    case Policy_PolicyType.SIGNATURE: {
      const envelope = decode(SignaturePolicyEnvelope, message.value);
      return { policy: compileSignaturePolicy(envelope), source: { kind: "signature", envelope } };
    }
    case Policy_PolicyType.IMPLICIT_META:
      return compileImplicitMeta(decode(ImplicitMetaPolicy, message.value), subGroups);
  }
  throw new PolicyError(
    "malformed-policy",
    `type ${message.type} is unknown, use SIGNATURE or IMPLICIT_META`,
  );
}

function compileImplicitMeta(
  definition: ImplicitMetaPolicy,
  subGroups: readonly PolicyManager[],
): Entry {
  const name = definition.subPolicy;
  const policies = subGroups.map((group) => group.policy(name) ?? absentPolicy(name));
  const threshold = implicitMetaThreshold(definition.rule, subGroups.length);
  const subPolicies = subGroups.map((group) => group.source(name));
  return {
    policy: implicitMetaPolicy(definition, policies),
    source: { kind: "implicit-meta", threshold, subPolicies },
  };
}
