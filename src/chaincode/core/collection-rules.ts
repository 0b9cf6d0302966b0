import { HeddleError } from "../../kernel/error.ts";
import { compileSignaturePolicy } from "../../policy/index.ts";
import {
  MSPPrincipal_Classification as Classification,
  MSPRole,
  OrganizationUnit,
  tryDecode,
  type CollectionConfigPackage,
  type MSPPrincipal,
  type SignaturePolicy,
  type SignaturePolicyEnvelope,
  type StaticCollectionConfig,
} from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import { COLLECTIONS_MAX } from "../limits.ts";
import type { LifecycleChannel } from "../ports.ts";

const COLLECTION_NAME = /^[A-Za-z0-9-][A-Za-z0-9_-]*$/;

/** The collections of a package. Throws `ChaincodeError` ("refused") for one that has none of the known kinds. */
export function staticCollections(
  collections: CollectionConfigPackage | undefined,
): readonly StaticCollectionConfig[] {
  const configs = collections?.config ?? [];
  if (configs.length > COLLECTIONS_MAX) {
    throw refused(`${configs.length} collections are more than the ${COLLECTIONS_MAX} allowed`);
  }
  return configs.map(({ payload }) => {
    if (payload === undefined) throw refused("collection configuration is empty");
    return payload.value;
  });
}

/** Refuses collections that Fabric refuses, in its order and words. Throws `ChaincodeError` ("refused"). */
export function checkCollections(
  collections: readonly StaticCollectionConfig[],
  channel: LifecycleChannel,
): void {
  const names = new Set<string>();
  for (const collection of collections) {
    checkCollectionName(collection.name, names);
    names.add(collection.name);
    checkPeerCounts(collection);
    checkMemberPolicy(collection, channel);
  }
}

/** An upgrade keeps every collection with its lifetime. Throws `ChaincodeError` ("refused"). */
export function checkCollectionsKept(
  proposed: readonly StaticCollectionConfig[],
  committed: readonly StaticCollectionConfig[],
): void {
  if (committed.length === 0) return;
  if (proposed.length === 0) {
    throw refused("the proposed collection config does not contain previously defined collections");
  }
  const byName = new Map(proposed.map((collection) => [collection.name, collection]));
  for (const { name, blockToLive } of committed) {
    const kept = byName.get(name);
    if (kept === undefined) {
      throw refused(
        `existing collection [${name}] missing in the proposed collection configuration`,
      );
    }
    if (kept.blockToLive !== blockToLive) {
      throw refused(
        `the BlockToLive in an existing collection [${name}] modified. Existing value [${blockToLive}]`,
      );
    }
  }
}

/** The policy that says who is a member of the collection, or undefined when it has none. */
export function memberPolicy(
  collection: StaticCollectionConfig,
): SignaturePolicyEnvelope | undefined {
  return collection.memberOrgsPolicy?.payload?.value;
}

function checkCollectionName(name: string, taken: ReadonlySet<string>): void {
  if (!COLLECTION_NAME.test(name)) {
    throw refused(
      `invalid collection name '${name}'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'`,
    );
  }
  if (taken.has(name)) {
    throw refused(`collection-name: ${name} -- found duplicate in collection configuration`);
  }
}

function checkPeerCounts({
  name,
  maximumPeerCount,
  requiredPeerCount,
}: StaticCollectionConfig): void {
  if (maximumPeerCount < requiredPeerCount) {
    throw refused(
      `collection-name: ${name} -- maximum peer count (${maximumPeerCount}) cannot be less than the required peer count (${requiredPeerCount})`,
    );
  }
  if (requiredPeerCount < 0) {
    throw refused(
      `collection-name: ${name} -- requiredPeerCount (${requiredPeerCount}) cannot be less than zero`,
    );
  }
}

function checkMemberPolicy(collection: StaticCollectionConfig, channel: LifecycleChannel): void {
  const { name, memberOrgsPolicy } = collection;
  if (memberOrgsPolicy === undefined) {
    throw refused(`collection member policy is not set for collection '${name}'`);
  }
  const policy = memberPolicy(collection);
  if (policy === undefined) {
    throw refused(`collection member org policy is empty for collection '${name}'`);
  }
  checkPolicyForm(name, policy);
  checkOnlyOr(name, policy.rule);
  for (const principal of policy.identities) checkPrincipal(name, principal, channel);
}

function checkPolicyForm(name: string, policy: SignaturePolicyEnvelope): void {
  try {
    compileSignaturePolicy(policy);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    throw refused(`invalid member org policy for collection '${name}': ${error.message}`);
  }
}

// The depth is bounded: the policy was compiled before.
function checkOnlyOr(name: string, rule: SignaturePolicy | undefined): void {
  if (rule?.type?.$case !== "nOutOf") return;
  const { n, rules } = rule.type.value;
  if (n !== 1) {
    throw refused(
      `collection-name: ${name} -- error in member org policy: signature policy is not an OR concatenation, NOutOf ${n}`,
    );
  }
  for (const each of rules) checkOnlyOr(name, each);
}

function checkPrincipal(name: string, principal: MSPPrincipal, channel: LifecycleChannel): void {
  switch (principal.principalClassification) {
    case Classification.ROLE:
      checkMember(name, tryDecode(MSPRole, principal.principal)?.mspIdentifier, channel);
      return;
    case Classification.ORGANIZATION_UNIT:
      checkMember(name, tryDecode(OrganizationUnit, principal.principal)?.mspIdentifier, channel);
      return;
    case Classification.IDENTITY:
      if (channel.mspManager.identity(principal.principal).ok) return;
      throw refused(
        `collection-name: ${name} -- contains an identity that is not part of the channel`,
      );
    case Classification.ANONYMITY:
    case Classification.COMBINED:
    case Classification.UNRECOGNIZED:
      throw refused(
        `collection-name: ${name} -- principal type ${principal.principalClassification} is not supported`,
      );
  }
}

function checkMember(name: string, mspId: string | undefined, channel: LifecycleChannel): void {
  if (mspId === undefined) {
    throw refused(`collection-name: ${name} -- cannot unmarshal a principal of the member policy`);
  }
  if (channel.mspManager.mspIds.includes(mspId)) return;
  throw refused(
    `collection-name: ${name} -- collection member '${mspId}' is not part of the channel`,
  );
}

function refused(reason: string): ChaincodeError {
  return new ChaincodeError("refused", reason);
}
