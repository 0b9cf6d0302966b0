import { sha256Hex } from "../../crypto/index.ts";
import { compareUtf8, toHex } from "../../kernel/bytes.ts";
import type { StateReader } from "../ports.ts";
import {
  localPackageStructure,
  parametersStructure,
  readDefinition,
  readSequence,
  type ChaincodeDefinition,
} from "./definition.ts";
import {
  approvalName,
  CHAINCODE_SOURCES,
  fieldKey,
  LIFECYCLE_NAMESPACE,
  NAMESPACES,
  organizationHashes,
  structureNames,
} from "./lifecycle-keys.ts";
import { encodeField, isMetadataKept, matchStructure } from "./lifecycle-serializer.ts";

/** A chaincode name with a version: in gossip and discovery the sequence in decimal, elsewhere the definition's version. */
export interface ChaincodeVersion {
  readonly name: string;
  readonly version: string;
}

/** A committed chaincode as one peer can run it. */
export interface DeployedChaincode {
  readonly definition: ChaincodeDefinition;
  /** The peer's organisation has approved exactly this definition. */
  readonly isApproved: boolean;
  /** Hash of the approved package id as it is kept in state; undefined without an approval. */
  readonly packageHash: string | undefined;
}

/** Whether and with which package a chaincode can run here. */
export type ChaincodeResolution =
  | {
      readonly ok: true;
      readonly definition: ChaincodeDefinition;
      readonly packageId: string;
    }
  | { readonly ok: false; readonly reason: string };

/** Fabric: the sequence that peers give themselves in gossip for `_lifecycle`. */
const LIFECYCLE_VERSION: ChaincodeVersion = { name: LIFECYCLE_NAMESPACE, version: "1" };

/**
 * Which chaincodes the channels have committed, the organisation has approved and this peer has installed.
 * Fabric: core/chaincode/lifecycle/cache.go. Works from hashes alone, so a peer that lacks the approval's
 * private data knows as much as one that has it.
 */
export class DeployedChaincodes {
  readonly #mspId: string;
  readonly #channels = new Map<string, Map<string, DeployedChaincode>>();
  readonly #packageIds = new Map<string, string>();

  constructor(mspId: string) {
    this.#mspId = mspId;
  }

  /** A package is installed. Idempotent. */
  addPackage(packageId: string): void {
    this.#packageIds.set(hashOfPackageId(packageId), packageId);
  }

  get packageIds(): readonly string[] {
    return [...this.#packageIds.values()].sort(compareUtf8);
  }

  /** Reads all definitions of a channel afresh, after a commit that may have changed them. */
  update(channelId: string, state: StateReader): void {
    const chaincodes = new Map<string, DeployedChaincode>();
    for (const name of structureNames(state, NAMESPACES)) {
      const definition = readDefinition(state, name);
      if (definition !== undefined) chaincodes.set(name, this.#deployed(definition, state));
    }
    this.#channels.set(channelId, chaincodes);
  }

  /**
   * The package that runs a chaincode. `state` is that of the transaction: Fabric records the read of the sequence,
   * so that a transaction that ran under an older definition is found to conflict.
   */
  resolve(
    channelId: string,
    name: string,
    state: Pick<StateReader, "getState">,
  ): ChaincodeResolution {
    const sequence = readSequence(state, name);
    if (sequence === 0) return missing(`chaincode ${name} not found`);
    const deployed = this.#channels.get(channelId)?.get(name);
    if (deployed?.definition.sequence !== sequence) {
      return missing(
        `chaincode cache at sequence ${deployed?.definition.sequence ?? 0} but current sequence is ${sequence}, chaincode definition for '${name}' changed during invoke`,
      );
    }
    if (!deployed.isApproved) {
      return missing(
        `chaincode definition for '${name}' at sequence ${sequence} on channel '${channelId}' has not yet been approved by this org`,
      );
    }
    const packageId = this.#packageIdOf(deployed);
    return packageId === undefined
      ? missing(`chaincode definition for '${name}' exists, but chaincode is not installed`)
      : { ok: true, definition: deployed.definition, packageId };
  }

  /** For gossip: what this peer can endorse on a channel, with sequences as versions. */
  runnable(channelId: string): readonly ChaincodeVersion[] {
    const chaincodes = [...(this.#channels.get(channelId)?.values() ?? [])]
      .filter((deployed) => this.#packageIdOf(deployed) !== undefined)
      .map(({ definition }) => ({ name: definition.name, version: String(definition.sequence) }))
      .sort((a, b) => compareUtf8(a.name, b.name));
    return [...chaincodes, LIFECYCLE_VERSION];
  }

  /** Channel → the chaincodes that run a package there, with the versions of their definitions. */
  referencesTo(packageId: string): ReadonlyMap<string, readonly ChaincodeVersion[]> {
    const references = new Map<string, ChaincodeVersion[]>();
    for (const [channelId, chaincodes] of this.#channels) {
      const users = [...chaincodes.values()]
        .filter((deployed) => this.#packageIdOf(deployed) === packageId)
        .map(({ definition }) => ({ name: definition.name, version: definition.version }));
      if (users.length > 0) references.set(channelId, users);
    }
    return references;
  }

  /** The packages that some channel runs: those whose processes are wanted. */
  referencedPackageIds(): ReadonlySet<string> {
    const referenced = new Set<string>();
    for (const chaincodes of this.#channels.values()) {
      for (const deployed of chaincodes.values()) {
        const packageId = this.#packageIdOf(deployed);
        if (packageId !== undefined) referenced.add(packageId);
      }
    }
    return referenced;
  }

  #deployed(definition: ChaincodeDefinition, state: StateReader): DeployedChaincode {
    const hashes = organizationHashes(state, this.#mspId);
    const key = approvalName(definition.name, definition.sequence);
    const match = matchStructure(hashes, NAMESPACES, key, parametersStructure(definition));
    const hasSource = isMetadataKept(hashes, CHAINCODE_SOURCES, key, localPackageStructure(""));
    const hash = hashes.hash(fieldKey(CHAINCODE_SOURCES, key, "PackageID"));
    const packageHash = hasSource && hash !== undefined ? toHex(hash) : undefined;
    return { definition, isApproved: match.isKept, packageHash };
  }

  #packageIdOf({ isApproved, packageHash }: DeployedChaincode): string | undefined {
    if (!isApproved || packageHash === undefined) return undefined;
    return this.#packageIds.get(packageHash);
  }
}

function hashOfPackageId(packageId: string): string {
  const { fields } = localPackageStructure(packageId);
  return sha256Hex(...fields.map(encodeField));
}

function missing(reason: string): ChaincodeResolution {
  return { ok: false, reason };
}
