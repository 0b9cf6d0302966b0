/** Private collections as people write them: Fabric's `--collections-config` JSON, whose form a test may pass as objects too. */
import { z } from "zod";
import { errorMessage } from "../../kernel/error.ts";
import { parsePolicy } from "../../policy/index.ts";
import {
  StaticCollectionConfig,
  create,
  type ApplicationPolicy,
  type CollectionConfigPackage,
  type SignaturePolicyEnvelope,
} from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";

/** A private collection of a contract; what is left out is as Fabric's tools have it. */
export interface Collection {
  readonly name: string;
  /** Who are members: `OR('Org1MSP.member','Org2MSP.member')`. */
  readonly policy: string;
  /** Peers that must have the values before an endorser signs. Default: 0. */
  readonly requiredPeerCount?: number;
  /** Peers that an endorser tries to reach. Default: 1. */
  readonly maxPeerCount?: number;
  /** Blocks after which values end; 0, the default: never. */
  readonly blockToLive?: number;
  /** Whether clients of other organisations are refused. Default: no. */
  readonly memberOnlyRead?: boolean;
  readonly memberOnlyWrite?: boolean;
  /** Of writes to the collection; absent: the contract's. */
  readonly endorsementPolicy?:
    { readonly signaturePolicy: string } | { readonly channelConfigPolicy: string };
}

const int32 = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const endorsementSchema = z.union([
  z.strictObject({ signaturePolicy: z.string() }),
  z.strictObject({ channelConfigPolicy: z.string() }),
]);
const collectionSchema = z.strictObject({
  name: z.string().min(1),
  policy: z.string(),
  requiredPeerCount: int32.default(0),
  maxPeerCount: int32.default(1),
  blockToLive: z.int().min(0).default(0),
  memberOnlyRead: z.boolean().default(false),
  memberOnlyWrite: z.boolean().default(false),
  endorsementPolicy: endorsementSchema.exactOptional(),
});
const collectionsSchema = z.array(collectionSchema);

/** The contents of a file of collections. Throws `NetworkError` ("unusable file"), which names the cause and the cure. */
export function parseCollections(text: string, file: string): readonly Collection[] {
  return checked(documentOf(text, file), file);
}

/** As a definition holds them. Throws `NetworkError` ("unusable file") for what is no collection, and a policy that cannot be read. */
export function collectionPackage(collections: readonly Collection[]): CollectionConfigPackage {
  return {
    config: checked(collections, "what is deployed").map((collection) => ({
      payload: { $case: "staticCollectionConfig", value: configOf(collection) },
    })),
  };
}

/** With everything that was left out. */
function checked(document: unknown, source: string): z.output<typeof collectionsSchema> {
  const parsed = collectionsSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error);
  throw unusable(
    `${source} is not a list of collections; each has at least a name and a policy\n${problems}`,
  );
}

function configOf(collection: z.output<typeof collectionSchema>): StaticCollectionConfig {
  const { name, policy, endorsementPolicy, requiredPeerCount, maxPeerCount, ...rest } = collection;
  const value = policyOf(name, policy);
  return create(StaticCollectionConfig, {
    ...rest,
    name,
    memberOrgsPolicy: { payload: { $case: "signaturePolicy", value } },
    requiredPeerCount,
    maximumPeerCount: maxPeerCount,
    ...(endorsementPolicy && { endorsementPolicy: endorsementOf(name, endorsementPolicy) }),
  });
}

function endorsementOf(
  name: string,
  policy: z.output<typeof endorsementSchema>,
): ApplicationPolicy {
  if ("channelConfigPolicy" in policy) {
    return {
      type: { $case: "channelConfigPolicyReference", value: policy.channelConfigPolicy },
    };
  }
  return { type: { $case: "signaturePolicy", value: policyOf(name, policy.signaturePolicy) } };
}

function policyOf(name: string, text: string): SignaturePolicyEnvelope {
  try {
    return parsePolicy(text);
  } catch (cause) {
    throw unusable(`collection ${name}: ${errorMessage(cause)}`, cause);
  }
}

function documentOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(`${file} is not JSON: ${errorMessage(cause)}`, cause);
  }
}

function unusable(reason: string, cause?: unknown): NetworkError {
  return new NetworkError("unusable file", reason, { cause });
}
