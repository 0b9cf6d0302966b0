import { HeddleError } from "../../kernel/error.ts";
import { compileSignaturePolicy, type Policy, type PolicyIdentity } from "../../policy/index.ts";
import { CollectionConfigPackage, type StaticCollectionConfig, decode } from "../../wire/index.ts";
import type { LifecycleChannel, StateReader } from "../ports.ts";
import { memberPolicy, staticCollections } from "./collection-rules.ts";
import { readDefinition } from "./definition.ts";
import { mspIdOfImplicitCollection } from "./lifecycle-keys.ts";

/** Somebody who may be a member of a collection. */
export type CollectionMember = PolicyIdentity & { readonly mspId: string };

/** Who may hold a collection's private values, and how many peers shall get them before an endorsement counts. */
export interface CollectionTerms {
  /** Peers besides the endorser that must have acknowledged. */
  readonly requiredPeers: number;
  /** Peers besides the endorser that are sent the values. */
  readonly maximumPeers: number;
  /** As it goes with the values over the wire; undefined for an organisation's implicit collection. */
  readonly config: StaticCollectionConfig | undefined;
  isMember(identity: CollectionMember): boolean;
}

/**
 * The terms of a collection by the definition in `state`, or undefined where there is no such collection.
 * Fabric: an organisation's implicit collection goes to one further peer of it, if the endorser is of that organisation.
 */
export function collectionTerms(
  state: Pick<StateReader, "getState">,
  channel: LifecycleChannel,
  place: { readonly namespace: string; readonly collection: string },
  ownMspId: string,
): CollectionTerms | undefined {
  const mspId = mspIdOfImplicitCollection(place.collection);
  if (mspId !== undefined) return implicitTerms(channel, mspId, ownMspId);
  const config = configOf(state, place);
  const policy = config && policyOf(config);
  if (config === undefined || policy === undefined) return undefined;
  return {
    requiredPeers: config.requiredPeerCount,
    maximumPeers: config.maximumPeerCount,
    config,
    isMember: (identity) => policy.evaluate([identity]).satisfied,
  };
}

function implicitTerms(
  { application }: LifecycleChannel,
  mspId: string,
  ownMspId: string,
): CollectionTerms | undefined {
  if (!application.organizations.some((organization) => organization.mspId === mspId)) {
    return undefined;
  }
  return {
    requiredPeers: 0,
    maximumPeers: mspId === ownMspId ? 1 : 0,
    config: undefined,
    isMember: (identity) => identity.mspId === mspId,
  };
}

// What is committed but cannot be read admits nobody.
function configOf(
  state: Pick<StateReader, "getState">,
  { namespace, collection }: { readonly namespace: string; readonly collection: string },
): StaticCollectionConfig | undefined {
  try {
    const definition = readDefinition(state, namespace);
    if (definition === undefined) return undefined;
    const collections = decode(CollectionConfigPackage, definition.collections);
    return staticCollections(collections).find(({ name }) => name === collection);
  } catch (error) {
    if (error instanceof HeddleError) return undefined;
    throw error;
  }
}

function policyOf(config: StaticCollectionConfig): Policy | undefined {
  const policy = memberPolicy(config);
  try {
    return policy && compileSignaturePolicy(policy);
  } catch (error) {
    if (error instanceof HeddleError) return undefined;
    throw error;
  }
}
