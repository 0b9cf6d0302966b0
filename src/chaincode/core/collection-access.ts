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
  tryDecodeRequest,
} from "../../wire/index.ts";
import type { LifecycleChannel, StateReader } from "../ports.ts";
import { memberPolicy, staticCollections } from "./collection-rules.ts";
import { readDefinition, type ChaincodeDefinition } from "./definition.ts";
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
 * Why the transaction's creator may not use a collection, or undefined if it may.
 * Fabric: only the collection's member-only flags restrict a creator; implicit collections have none, and hashes are
 * public. For each of these uses Fabric looks the chaincode up in the transaction's own state: the reads are part of
 * the result, which must be the same at every endorser.
 */
export function collectionRefusal(
  use: CollectionUse,
  collection: string,
  operation: CollectionOperation,
): string | undefined {
  const definition = readDefinition(use.state, use.namespace);
  const mspId = mspIdOfImplicitCollection(collection);
  if (mspId !== undefined) {
    return isInChannel(use.channel, mspId) ? undefined : notConfigured(use, collection);
  }
  const config = definition && findCollection(definition, collection);
  if (operation === "hash") {
    return config === undefined ? notConfigured(use, collection) : undefined;
  }
  if (config === undefined) {
    return `collection ${use.channelId}/${use.namespace}/${collection} could not be found`;
  }
  const isMembersOnly = operation === "read" ? config.memberOnlyRead : config.memberOnlyWrite;
  if (!isMembersOnly || isMember(use, config)) return undefined;
  return `tx creator does not have ${operation} access permission on privatedata in chaincodeName:${use.namespace} collectionName: ${collection}`;
}

function isInChannel(channel: LifecycleChannel, mspId: string): boolean {
  return channel.application.organizations.some((organization) => organization.mspId === mspId);
}

function notConfigured({ namespace }: CollectionUse, collection: string): string {
  return `collection [${collection}] not defined in the collection config for chaincode [${namespace}]`;
}

function findCollection(
  definition: ChaincodeDefinition,
  name: string,
): StaticCollectionConfig | undefined {
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
  const proposal = tryDecodeRequest(Proposal, signedProposal.proposalBytes);
  const header = tryDecode(Header, proposal?.header ?? new Uint8Array(0));
  const signature = tryDecode(SignatureHeader, header?.signatureHeader ?? new Uint8Array(0));
  if (signature === undefined) return undefined;
  const result = channel.mspManager.identity(signature.creator);
  return result.ok ? result.identity : undefined;
}
