/** Committed state in memory, with chaincode definitions as `_lifecycle` keeps them. */
import type { CommittedState } from "../../src/committer/index.ts";
import { EMPTY_BYTES, toHex } from "../../src/kernel/bytes.ts";
import { encodePolicyReference } from "../../src/policy/index.ts";
import {
  ChaincodeEndorsementInfo,
  ChaincodeValidationInfo,
  LifecycleStateData,
  LifecycleStateMetadata,
  encode,
} from "../../src/wire/index.ts";

export interface SampleDefinition {
  readonly validationPlugin?: string;
  /** Marshalled `ApplicationPolicy`; by default the channel's Endorsement policy. */
  readonly validationParameter?: Uint8Array;
  /** Marshalled `CollectionConfigPackage`. */
  readonly collections?: Uint8Array;
}

export class SampleState implements CommittedState {
  readonly #values = new Map<string, Uint8Array>();
  readonly #metadata = new Map<string, ReadonlyMap<string, Uint8Array>>();

  put(namespace: string, key: string, value: Uint8Array): void {
    this.#values.set(JSON.stringify([namespace, key]), value);
  }

  /** Commits a chaincode definition of sequence 1. */
  define(name: string, definition: SampleDefinition = {}): void {
    const metadata = `namespaces/metadata/${name}`;
    const fields = ["Sequence", "EndorsementInfo", "ValidationInfo", "Collections"];
    const datatype = "ChaincodeDefinition";
    this.put("_lifecycle", metadata, encode(LifecycleStateMetadata, { datatype, fields }));
    this.#field(name, "Sequence", { type: { $case: "int64", value: 1 } });
    const endorsement = encode(ChaincodeEndorsementInfo, {
      version: "1.0",
      initRequired: false,
      endorsementPlugin: "escc",
    });
    this.#field(name, "EndorsementInfo", { type: { $case: "bytes", value: endorsement } });
    const validation = encode(ChaincodeValidationInfo, {
      validationPlugin: definition.validationPlugin ?? "vscc",
      validationParameter:
        definition.validationParameter ?? encodePolicyReference("/Channel/Application/Endorsement"),
    });
    this.#field(name, "ValidationInfo", { type: { $case: "bytes", value: validation } });
    const collections = definition.collections ?? EMPTY_BYTES;
    this.#field(name, "Collections", { type: { $case: "bytes", value: collections } });
  }

  /** The values of a namespace by key. */
  values(namespace: string): ReadonlyMap<string, Uint8Array> {
    const values = new Map<string, Uint8Array>();
    for (const [place, value] of this.#values) {
      const [owner, key] = JSON.parse(place) as [string, string];
      if (owner === namespace) values.set(key, value);
    }
    return values;
  }

  /** Gives a key a policy of its own: a marshalled `SignaturePolicyEnvelope`. */
  guard(namespace: string, key: string, policy: Uint8Array): void {
    const metadata = new Map([["VALIDATION_PARAMETER", policy]]);
    this.#metadata.set(JSON.stringify([namespace, key]), metadata);
  }

  /** As `guard`, for a private key by its hash. */
  guardHashed(
    namespace: string,
    collection: string,
    keyHash: Uint8Array,
    policy: Uint8Array,
  ): void {
    const metadata = new Map([["VALIDATION_PARAMETER", policy]]);
    this.#metadata.set(JSON.stringify([namespace, collection, toHex(keyHash)]), metadata);
  }

  getState(namespace: string, key: string): Uint8Array | undefined {
    return this.#values.get(JSON.stringify([namespace, key]));
  }

  getStateMetadata(namespace: string, key: string): ReadonlyMap<string, Uint8Array> {
    return this.#metadata.get(JSON.stringify([namespace, key])) ?? new Map<string, Uint8Array>();
  }

  getPrivateDataMetadataByHash(
    namespace: string,
    collection: string,
    keyHash: Uint8Array,
  ): ReadonlyMap<string, Uint8Array> {
    const key = JSON.stringify([namespace, collection, toHex(keyHash)]);
    return this.#metadata.get(key) ?? new Map<string, Uint8Array>();
  }

  close(): void {
    // Nothing to release.
  }

  #field(name: string, field: string, value: LifecycleStateData): void {
    this.put("_lifecycle", `namespaces/fields/${name}/${field}`, encode(LifecycleStateData, value));
  }
}
