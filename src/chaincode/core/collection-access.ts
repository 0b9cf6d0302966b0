import { HeddleError } from "../../kernel/error.ts";
import { compileSignaturePolicy, type PolicyIdentity } from "../../policy/index.ts";
import {
  CollectionConfigPackage,
  decode,
  Header,
  Proposal,
  SignatureHeader,
  tryDecode,
  type SignedProposal,
  type StaticCollectionConfig,
} from "../../wire/index.ts";
import type { LifecycleChannel, StateReader } from "../ports.ts";
import { memberPolicy, staticCollections } from "./collection-rules.ts";
import { readDefinition } from "./definition.ts";
import { mspIdOfImplicitCollection } from "./lifecycle-keys.ts";
import type { CollectionOperation } from "./transaction.ts";

/** Who wants to use private data, and where. */
export interface CollectionUse {
  readonly channelId: string;
  readonly channel: LifecycleChannel;
  readonly namespace: string;
  readonly signedProposal: SignedProposal | undefined;
  readonly state: Pick<StateReader, "getState">;
}

/**
 * Why the transaction's creator may not read or write a collection, or undefined if it may.
 * Fabric: only the collection's member-only flags restrict a creator; implicit collections have none.
 */
export function collectionRefusal(
  use: CollectionUse,
  collection: string,
  operation: CollectionOperation,
): string | undefined {
  if (mspIdOfImplicitCollection(collection) !== undefined) return undefined;
  const config = findCollection(use, collection);
  if (config === undefined) {
    return `collection ${use.channelId}/${use.namespace}/${collection} could not be found`;
  }
  const isMembersOnly = operation === "read" ? config.memberOnlyRead : config.memberOnlyWrite;
  if (!isMembersOnly || isMember(use, config)) return undefined;
  return `tx creator does not have ${operation} access permission on privatedata in chaincodeName:${use.namespace} collectionName: ${collection}`;
}

function findCollection(use: CollectionUse, name: string): StaticCollectionConfig | undefined {
  const definition = readDefinition(use.state, use.namespace);
  if (definition === undefined) return undefined;
  const collections = decode(CollectionConfigPackage, definition.collections);
  return staticCollections(collections).find((config) => config.name === name);
}

function isMember(use: CollectionUse, config: StaticCollectionConfig): boolean {
  const creator = creatorOf(use);
  const policy = memberPolicy(config);
  if (creator === undefined || policy === undefined) return false;
  try {
    return compileSignaturePolicy(policy).evaluate([creator]).satisfied;
  } catch (error) {
    // A committed policy that does not compile admits nobody.
    if (error instanceof HeddleError) return false;
    throw error;
  }
}

function creatorOf({ signedProposal, channel }: CollectionUse): PolicyIdentity | undefined {
  if (signedProposal === undefined) return undefined;
  const proposal = tryDecode(Proposal, signedProposal.proposalBytes);
  const header = tryDecode(Header, proposal?.header ?? new Uint8Array(0));
  const signature = tryDecode(SignatureHeader, header?.signatureHeader ?? new Uint8Array(0));
  if (signature === undefined) return undefined;
  const result = channel.mspManager.identity(signature.creator);
  return result.ok ? result.identity : undefined;
}
