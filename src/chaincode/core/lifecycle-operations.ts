/** What `_lifecycle` does to state. Fabric: core/chaincode/lifecycle/lifecycle.go; the order of the reads is its order. */
import { DEFAULT_ENDORSEMENT_POLICY, encodePolicyReference } from "../../policy/index.ts";
import { CollectionConfigPackage, decode } from "../../wire/index.ts";
import { ChaincodeError } from "../errors.ts";
import type { LifecycleChannel, StateAccess } from "../ports.ts";
import { checkCollections, checkCollectionsKept, staticCollections } from "./collection-rules.ts";
import {
  definitionStructure,
  localPackageStructure,
  parametersDifference,
  parametersStructure,
  readApproval,
  readApprovedPackageId,
  readDefinition,
  readSequence,
  type ChaincodeDefinition,
  type ChaincodeParameters,
} from "./definition.ts";
import {
  approvalName,
  CHAINCODE_SOURCES,
  LEGACY_LIFECYCLE_NAMESPACE,
  NAMESPACES,
  organizationHashes,
  organizationState,
  publicState,
  structureNames,
} from "./lifecycle-keys.ts";
import { matchStructure, readMetadata, writeStructure } from "./lifecycle-serializer.ts";

/** One transaction on one channel, at a peer of one organisation. */
export interface LifecycleTransaction {
  readonly channelId: string;
  readonly channel: LifecycleChannel;
  readonly mspId: string;
  readonly state: StateAccess;
}

/** By MSP id: whether it approved a definition, and what differs if it approved another. */
export interface Approvals {
  readonly approvals: ReadonlyMap<string, boolean>;
  readonly mismatches: ReadonlyMap<string, readonly string[]>;
}

/** An approval with the package that goes with it, empty when there is none. */
export interface ApprovedDefinition extends ChaincodeDefinition {
  readonly packageId: string;
}

const CHAINCODE_NAME = /^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/;
const CHAINCODE_VERSION = /^[A-Za-z0-9_.+-]+$/;
const SYSTEM_CHAINCODES: ReadonlySet<string> = new Set([
  "cscc",
  "escc",
  LEGACY_LIFECYCLE_NAMESPACE,
  "qscc",
  "vscc",
]);

/** Refuses a definition that may be neither approved nor committed. Throws `ChaincodeError` ("refused"). */
export function checkDefinition(
  { channel, state }: LifecycleTransaction,
  name: string,
  version: string,
  collections: CollectionConfigPackage | undefined,
): void {
  checkName(name);
  if (!CHAINCODE_VERSION.test(version)) {
    throw refused(
      `invalid chaincode version '${version}'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'`,
    );
  }
  const proposed = staticCollections(collections);
  checkCollections(proposed, channel);
  const committed = readDefinition(state, name);
  if (committed === undefined) {
    recordLegacyRead(state, name);
    return;
  }
  const existing = decode(CollectionConfigPackage, committed.collections);
  checkCollectionsKept(proposed, staticCollections(existing));
}

// Fabric: a name without a definition is looked up in the first lifecycle's state as well. No channel of the new
// lifecycle has anything there, but the read is part of the result, and endorsers must come to the same one.
function recordLegacyRead(state: StateAccess, name: string): void {
  state.getState(LEGACY_LIFECYCLE_NAMESPACE, name);
}

/** Keeps the own organisation's approval. Throws `ChaincodeError` ("refused"). */
export function approve(
  transaction: LifecycleTransaction,
  proposed: ChaincodeDefinition,
  packageId: string,
): void {
  const { state, mspId } = transaction;
  const { name, sequence } = proposed;
  const current = readSequence(state, name);
  checkApprovableSequence(sequence, current);
  const parameters = withDefaults(transaction, proposed);
  const own = organizationState(state, mspId);
  if (sequence === current) checkUnchanged(state, name, current, parameters);
  const approved = readApproval(own, name, sequence);
  const isSame =
    approved !== undefined &&
    parametersDifference(approved, parameters) === undefined &&
    readApprovedPackageId(own, name, sequence) === packageId;
  if (isSame) throw refused(redefinition(name, sequence, current));
  const key = approvalName(name, sequence);
  writeStructure(own, NAMESPACES, key, parametersStructure(parameters));
  writeStructure(own, CHAINCODE_SOURCES, key, localPackageStructure(packageId));
}

/** Who has approved exactly this. Throws `ChaincodeError` ("refused") when the sequence is not the next one. */
export function checkCommitReadiness(
  transaction: LifecycleTransaction,
  proposed: ChaincodeDefinition,
): Approvals {
  const next = readSequence(transaction.state, proposed.name) + 1;
  if (proposed.sequence !== next) {
    throw refused(
      `requested sequence is ${proposed.sequence}, but new definition must be sequence ${next}`,
    );
  }
  return approvalsOf(transaction, withDefaults(transaction, proposed));
}

/** Makes a definition the channel's. Throws `ChaincodeError` ("refused"). */
export function commit(transaction: LifecycleTransaction, proposed: ChaincodeDefinition): void {
  const { approvals } = checkCommitReadiness(transaction, proposed);
  const { mspId, state } = transaction;
  if (approvals.get(mspId) !== true) {
    throw refused(`chaincode definition not agreed to by this org (${mspId})`);
  }
  const definition = withDefaults(transaction, proposed);
  const structure = definitionStructure(definition, definition.sequence);
  writeStructure(publicState(state), NAMESPACES, definition.name, structure);
}

/** Which organisations of the channel have approved a definition, by the hashes of their approvals. */
export function approvalsOf(
  { channel, state }: LifecycleTransaction,
  definition: ChaincodeDefinition,
): Approvals {
  const key = approvalName(definition.name, definition.sequence);
  const structure = parametersStructure(definition);
  const approvals = new Map<string, boolean>();
  const mismatches = new Map<string, readonly string[]>();
  for (const mspId of applicationMspIds(channel)) {
    const match = matchStructure(organizationHashes(state, mspId), NAMESPACES, key, structure);
    approvals.set(mspId, match.isKept);
    if (match.mismatches.length > 0) mismatches.set(mspId, match.mismatches);
  }
  return { approvals, mismatches };
}

/** The own organisation's approval. `sequence` 0: the newest of the current and the next. Throws `ChaincodeError` ("refused"). */
export function queryApproved(
  { channelId, state, mspId }: LifecycleTransaction,
  name: string,
  sequence: number,
): ApprovedDefinition {
  const own = organizationState(state, mspId);
  const wanted = sequence === 0 ? newestApproval(state, mspId, name) : sequence;
  const parameters = readApproval(own, name, wanted);
  if (parameters === undefined) {
    throw refused(
      `could not fetch approved chaincode definition (name: '${name}', sequence: '${wanted}') on channel '${channelId}'`,
    );
  }
  const packageId = readApprovedPackageId(own, name, wanted);
  if (packageId === undefined) {
    throw refused(`could not fetch chaincode-source metadata for ${approvalName(name, wanted)}`);
  }
  return { name, sequence: wanted, ...parameters, packageId };
}

/** The committed definition. Throws `ChaincodeError` ("not-defined"). */
export function queryCommitted(state: StateAccess, name: string): ChaincodeDefinition {
  const definition = readDefinition(state, name);
  if (definition !== undefined) return definition;
  throw new ChaincodeError("not-defined", `namespace ${name} is not defined`);
}

/** All committed definitions, by name. */
export function queryAllCommitted(state: StateAccess): ChaincodeDefinition[] {
  return structureNames(state, NAMESPACES).map((name) => queryCommitted(state, name));
}

/** MSP ids of the channel's application organisations. */
export function applicationMspIds(channel: LifecycleChannel): readonly string[] {
  return channel.application.organizations.map(({ mspId }) => mspId);
}

function checkName(name: string): void {
  if (!CHAINCODE_NAME.test(name)) {
    throw refused(
      `invalid chaincode name '${name}'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics`,
    );
  }
  if (SYSTEM_CHAINCODES.has(name)) {
    throw refused(`chaincode name '${name}' is the name of a system chaincode`);
  }
}

function checkApprovableSequence(requested: number, current: number): void {
  if (requested === 0 && current === 0) {
    throw refused("requested sequence is 0, but first definable sequence number is 1");
  }
  if (requested < current) {
    throw refused(
      `currently defined sequence ${current} is larger than requested sequence ${requested}`,
    );
  }
  if (requested > current + 1) {
    throw refused(
      `requested sequence ${requested} is larger than the next available sequence number ${current + 1}`,
    );
  }
}

function checkUnchanged(
  state: StateAccess,
  name: string,
  current: number,
  parameters: ChaincodeParameters,
): void {
  const committed = readDefinition(state, name);
  if (committed === undefined) {
    throw refused(`missing metadata for currently committed sequence number (${current})`);
  }
  const difference = parametersDifference(committed, parameters);
  if (difference === undefined) return;
  throw refused(
    `attempted to redefine the current committed sequence (${current}) for namespace ${name} with different parameters: ${difference}`,
  );
}

function redefinition(name: string, sequence: number, current: number): string {
  return sequence === current
    ? `attempted to redefine the current committed sequence (${current}) for namespace ${name}`
    : `attempted to redefine uncommitted sequence (${sequence}) for namespace ${name} with unchanged content`;
}

function newestApproval(state: StateAccess, mspId: string, name: string): number {
  const current = readSequence(state, name);
  const own = organizationState(state, mspId);
  const next = readMetadata(own, NAMESPACES, approvalName(name, current + 1));
  return next === undefined ? current : current + 1;
}

function withDefaults(
  { channel, channelId }: LifecycleTransaction,
  proposed: ChaincodeDefinition,
): ChaincodeDefinition {
  const { endorsementPlugin, validationPlugin, validationParameter } = proposed;
  if (
    validationParameter.length === 0 &&
    channel.policy(DEFAULT_ENDORSEMENT_POLICY) === undefined
  ) {
    throw refused(
      `could not set defaults for chaincode definition in channel ${channelId}: policy '${DEFAULT_ENDORSEMENT_POLICY}' must be defined for channel '${channelId}' before chaincode operations can be attempted`,
    );
  }
  return {
    ...proposed,
    endorsementPlugin: endorsementPlugin === "" ? "escc" : endorsementPlugin,
    validationPlugin: validationPlugin === "" ? "vscc" : validationPlugin,
    validationParameter:
      validationParameter.length === 0
        ? encodePolicyReference(DEFAULT_ENDORSEMENT_POLICY)
        : validationParameter,
  };
}

function refused(reason: string): ChaincodeError {
  return new ChaincodeError("refused", reason);
}
