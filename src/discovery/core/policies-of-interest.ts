import { mspIdOfImplicitCollection, type ChaincodeDefinition } from "../../chaincode/index.ts";
import { HeddleError } from "../../kernel/error.ts";
import {
  applicationPolicyPath,
  decodeApplicationPolicy,
  parsePolicy,
  rolePrincipal,
  type EndorsementPolicy,
} from "../../policy/index.ts";
import {
  CollectionConfigPackage,
  decode,
  type ApplicationPolicy,
  type ChaincodeCall,
  type MSPPrincipal,
  type SignaturePolicyEnvelope,
  type StaticCollectionConfig,
} from "../../wire/index.ts";

/** What one call of an interest asks of its endorsers. */
export interface CallDemands {
  readonly chaincodeName: string;
  /** The sequence in decimal, as peers announce it. */
  readonly version: string;
  /** All of them must be satisfied. */
  readonly policies: readonly EndorsementPolicy[];
  /** For each collection whose values are read: an endorser must be one of its members. */
  readonly members: readonly (readonly MSPPrincipal[])[];
}

/** The answer of `demandsOfCall`. `reason` in Fabric's words. */
export type CallReading =
  | { readonly ok: true; readonly demands: CallDemands }
  | { readonly ok: false; readonly reason: string };

interface Collection {
  readonly endorsement: EndorsementPolicy | undefined;
  readonly members: readonly MSPPrincipal[];
}

/** Reads what a definition says about a call. Never throws: a committed definition may hold anything. */
export function demandsOfCall(definition: ChaincodeDefinition, call: ChaincodeCall): CallReading {
  try {
    return read(definition, call);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return { ok: false, reason: error.message };
  }
}

function read(definition: ChaincodeDefinition, call: ChaincodeCall): CallReading {
  const own = decodeApplicationPolicy(definition.validationParameter);
  const collections = collectionsOf(definition);
  const named: Collection[] = [];
  for (const name of call.collectionNames) {
    const collection = implicitCollection(name) ?? collections.get(name);
    if (collection === undefined) {
      const reason = `collection ${name} doesn't exist in collection config for chaincode ${call.name}`;
      return { ok: false, reason };
    }
    named.push(collection);
  }
  const policies = policiesOf(own, named, call);
  if (policies === undefined) return { ok: false, reason: disregarded(call.name) };
  return {
    ok: true,
    demands: {
      chaincodeName: call.name,
      version: String(definition.sequence),
      policies,
      members: call.noPrivateReads ? [] : named.map(({ members }) => members),
    },
  };
}

// Fabric: writes to collections are judged by the collections' policies, where they have one; peers list public writes
// as a call of their own.
function policiesOf(
  own: EndorsementPolicy,
  collections: readonly Collection[],
  call: ChaincodeCall,
): readonly EndorsementPolicy[] | undefined {
  const ofKeys = call.keyPolicies.map((envelope) => ({ kind: "signature", envelope }) as const);
  const ofCollections = collections.flatMap(({ endorsement }) => endorsement ?? []);
  if (call.disregardNamespacePolicy) {
    const policies = [...ofCollections, ...ofKeys];
    return policies.length === 0 ? undefined : policies;
  }
  const isOwnNeeded = ofCollections.length < collections.length || collections.length === 0;
  return [...(isOwnNeeded ? [own] : []), ...ofCollections, ...ofKeys];
}

function collectionsOf(definition: ChaincodeDefinition): ReadonlyMap<string, Collection> {
  const { config } = decode(CollectionConfigPackage, definition.collections);
  return new Map(
    config.flatMap(({ payload }) =>
      payload === undefined ? [] : [[payload.value.name, readCollection(payload.value)]],
    ),
  );
}

function readCollection(config: StaticCollectionConfig): Collection {
  return {
    endorsement: config.endorsementPolicy && readPolicy(config.endorsementPolicy),
    members: config.memberOrgsPolicy?.payload?.value.identities ?? [],
  };
}

function readPolicy({ type }: ApplicationPolicy): EndorsementPolicy | undefined {
  switch (type?.$case) {
    case "signaturePolicy":
      return { kind: "signature", envelope: type.value };
    case "channelConfigPolicyReference":
      return { kind: "reference", path: applicationPolicyPath(type.value) };
    case undefined:
      return undefined;
  }
}

// Every organisation has such a collection without defining it, and alone endorses what is written there.
function implicitCollection(name: string): Collection | undefined {
  const mspId = mspIdOfImplicitCollection(name);
  if (mspId === undefined) return undefined;
  const member = rolePrincipal({ mspId, role: "member" });
  return { endorsement: { kind: "signature", envelope: signedBy(member) }, members: [member] };
}

function signedBy(principal: MSPPrincipal): SignaturePolicyEnvelope {
  // The shape of the rule does not depend on the principal, which need not be expressible in the policy language.
  return { ...parsePolicy("OR('Any.member')"), identities: [principal] };
}

function disregarded(name: string): string {
  return `requested to disregard chaincode ${name}'s policy but key and collection policies are missing, either disable DisregardNamespacePolicy or specify at least one key policy or at least one collection policy`;
}
