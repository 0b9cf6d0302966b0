import {
  LIFECYCLE_NAMESPACE,
  mspIdOfImplicitCollection,
  type ChaincodeDefinition,
} from "../../chaincode/index.ts";
import type { ChannelConfig } from "../../channel/index.ts";
import { BoundedCache } from "../../kernel/bounded-cache.ts";
import { toHex } from "../../kernel/bytes.ts";
import {
  PolicyError,
  absentPolicy,
  compileSignaturePolicy,
  decodeApplicationPolicy,
  rolePrincipal,
  type Policy,
} from "../../policy/index.ts";
import {
  ApplicationPolicy,
  CollectionConfigPackage,
  SignaturePolicyEnvelope,
  WireError,
  decode,
  encode,
  tryDecode,
  type StaticCollectionConfig,
} from "../../wire/index.ts";
import {
  COLLECTION_POLICIES_REMEMBERED_MAX,
  KEY_POLICIES_REMEMBERED_MAX,
  NAMESPACES_REMEMBERED_MAX,
} from "../limits.ts";

/** How one namespace is endorsed; `collections` are those it defines itself. */
export interface NamespaceEndorsement {
  readonly policy: Policy;
  readonly collections: ReadonlyMap<string, StaticCollectionConfig>;
}

interface NamespaceReading {
  readonly endorsement: NamespaceEndorsement | undefined;
}

const LIFECYCLE_POLICY = "/Channel/Application/LifecycleEndorsement";
const BUILT_IN_PLUGIN = "vscc";

/**
 * The endorsement policies of one channel under one configuration and one state of its definitions. Fabric:
 * `dispatcherImpl`, `policyCheckerV20`. Remembers what it has compiled last: names come from transactions, policies of keys
 * from the state.
 */
export class EndorsementRules {
  readonly #config: ChannelConfig;
  readonly #definitionOf: (name: string) => ChaincodeDefinition | undefined;
  readonly #namespaces = new BoundedCache<string, NamespaceReading>(NAMESPACES_REMEMBERED_MAX);
  readonly #collections = new BoundedCache<string, Policy>(COLLECTION_POLICIES_REMEMBERED_MAX);
  readonly #keys = new BoundedCache<string, Policy>(KEY_POLICIES_REMEMBERED_MAX);

  /** `definitionOf` answers the same for one name, whenever it is asked. */
  constructor(
    config: ChannelConfig,
    definitionOf: (name: string) => ChaincodeDefinition | undefined,
  ) {
    this.#config = config;
    this.#definitionOf = definitionOf;
  }

  /** Undefined when there is no usable chaincode of that name. Throws only what `definitionOf` throws. */
  namespace(name: string): NamespaceEndorsement | undefined {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known.endorsement;
    const endorsement = this.#readNamespace(name);
    this.#namespaces.set(name, { endorsement });
    return endorsement;
  }

  /** The policy for writes to a collection; of a collection that does not exist, one that nobody satisfies. */
  collection(namespace: string, endorsement: NamespaceEndorsement, name: string): Policy {
    return remembered(this.#collections, `${namespace}\0${name}`, () =>
      this.#readCollection(endorsement, name),
    );
  }

  /** The policy that a key's metadata holds: a marshalled `SignaturePolicyEnvelope`. */
  key(envelope: Uint8Array): Policy {
    return remembered(this.#keys, toHex(envelope), () => readKeyPolicy(envelope));
  }

  #readNamespace(name: string): NamespaceEndorsement | undefined {
    if (name === LIFECYCLE_NAMESPACE)
      return { policy: this.#lifecyclePolicy(), collections: new Map() };
    const definition = this.#definitionOf(name);
    if (definition === undefined || definition.validationParameter.length === 0) return undefined;
    // A plugin that only some peers have would make them disagree; only the built-in one exists here.
    if (definition.validationPlugin !== BUILT_IN_PLUGIN) return undefined;
    return {
      policy: this.#applicationPolicy(definition.validationParameter),
      collections: definedCollections(definition.collections),
    };
  }

  #readCollection(endorsement: NamespaceEndorsement, name: string): Policy {
    const mspId = mspIdOfImplicitCollection(name);
    if (mspId !== undefined) return this.#organizationPolicy(mspId);
    const defined = endorsement.collections.get(name);
    if (defined === undefined) return absentPolicy(name);
    if (defined.endorsementPolicy === undefined) return endorsement.policy;
    return this.#applicationPolicy(encode(ApplicationPolicy, defined.endorsementPolicy));
  }

  #applicationPolicy(bytes: Uint8Array): Policy {
    return unlessMalformed(() => {
      const policy = decodeApplicationPolicy(bytes);
      if (policy.kind === "signature") return compileSignaturePolicy(policy.envelope);
      return this.#config.policy(policy.path) ?? absentPolicy(policy.path);
    });
  }

  #lifecyclePolicy(): Policy {
    const { organizations } = this.#config.application;
    return (
      this.#config.policy(LIFECYCLE_POLICY) ??
      compileSignaturePolicy(
        membersOf(
          organizations.map(({ mspId }) => mspId),
          Math.floor(organizations.length / 2) + 1,
        ),
      )
    );
  }

  #organizationPolicy(mspId: string): Policy {
    const organization = this.#config.application.organizations.find((org) => org.mspId === mspId);
    if (organization === undefined) return absentPolicy(mspId);
    return (
      this.#config.policy(`/Channel/Application/${organization.name}/Endorsement`) ??
      compileSignaturePolicy(membersOf([mspId], 1))
    );
  }
}

// Fabric's peers stop on such metadata; here nobody can write the key any more.
function readKeyPolicy(bytes: Uint8Array): Policy {
  return unlessMalformed(() => compileSignaturePolicy(decode(SignaturePolicyEnvelope, bytes)));
}

// A policy that cannot be read is one that nobody satisfies.
function unlessMalformed(read: () => Policy): Policy {
  try {
    return read();
  } catch (error) {
    if (error instanceof PolicyError || error instanceof WireError)
      return absentPolicy(error.message);
    throw error;
  }
}

function remembered(cache: BoundedCache<string, Policy>, key: string, read: () => Policy): Policy {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const policy = read();
  cache.set(key, policy);
  return policy;
}

function definedCollections(bytes: Uint8Array): ReadonlyMap<string, StaticCollectionConfig> {
  const collections = new Map<string, StaticCollectionConfig>();
  for (const { payload } of tryDecode(CollectionConfigPackage, bytes)?.config ?? []) {
    if (payload !== undefined && !collections.has(payload.value.name)) {
      collections.set(payload.value.name, payload.value);
    }
  }
  return collections;
}

function membersOf(mspIds: readonly string[], needed: number): SignaturePolicyEnvelope {
  const rules = mspIds.map((_, value) => ({ type: { $case: "signedBy" as const, value } }));
  return {
    version: 0,
    rule: { type: { $case: "nOutOf", value: { n: needed, rules } } },
    identities: mspIds.map((mspId) => rolePrincipal({ mspId, role: "member" })),
  };
}
