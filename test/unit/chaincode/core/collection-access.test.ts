import { beforeEach, describe, expect, test } from "vitest";
import {
  collectionRefusal,
  type CollectionUse,
} from "../../../../src/chaincode/core/collection-access.ts";
import { definitionStructure } from "../../../../src/chaincode/core/definition.ts";
import { NAMESPACES, publicState } from "../../../../src/chaincode/core/lifecycle-keys.ts";
import { writeStructure } from "../../../../src/chaincode/core/lifecycle-serializer.ts";
import type { CollectionOperation } from "../../../../src/chaincode/core/transaction.ts";
import { utf8, utf8Decode } from "../../../../src/kernel/bytes.ts";
import { parsePolicy } from "../../../../src/policy/index.ts";
import {
  CollectionConfigPackage,
  create,
  decode,
  encode,
  Header,
  MSPRole,
  Proposal,
  SignatureHeader,
  type SignedProposal,
} from "../../../../src/wire/index.ts";
import { MemoryState, publicKey } from "../memory-state.ts";

const OPERATIONS: readonly CollectionOperation[] = ["read", "write", "hash"];

const DEFINITION_KEYS = [
  "namespaces/fields/cc/Collections",
  "namespaces/fields/cc/EndorsementInfo",
  "namespaces/fields/cc/Sequence",
  "namespaces/fields/cc/ValidationInfo",
  "namespaces/metadata/cc",
].map((key) => publicKey("_lifecycle", key));

let state: MemoryState;

beforeEach(() => {
  state = new MemoryState();
  const collections = encode(
    CollectionConfigPackage,
    create(CollectionConfigPackage, {
      config: [collection("closed", true), collection("open", false)],
    }),
  );
  const parameters = {
    version: "1.0",
    endorsementPlugin: "escc",
    validationPlugin: "vscc",
    validationParameter: new Uint8Array(0),
    collections,
    initRequired: false,
  };
  writeStructure(publicState(state), NAMESPACES, "cc", definitionStructure(parameters, 1));
  state.commit();
});

function collection(name: string, isMembersOnly: boolean): object {
  const policy = parsePolicy("OR('Org1MSP.member')");
  return {
    payload: {
      $case: "staticCollectionConfig",
      value: {
        name,
        memberOrgsPolicy: { payload: { $case: "signaturePolicy", value: policy } },
        memberOnlyRead: isMembersOnly,
        memberOnlyWrite: isMembersOnly,
      },
    },
  };
}

function useOf(creator: string): CollectionUse {
  return {
    channelId: "ch1",
    channel: {
      mspManager: {
        mspIds: ["Org1MSP", "Org2MSP"],
        identity: (serialized) => ({
          ok: true,
          identity: {
            satisfies: ({ principal }) =>
              decode(MSPRole, principal).mspIdentifier === utf8Decode(serialized),
          },
        }),
      },
      policy: () => undefined,
      application: {
        organizations: [{ mspId: "Org1MSP" }, { mspId: "Org2MSP" }],
        capabilities: new Set(),
      },
    },
    namespace: "cc",
    signedProposal: proposalOf(creator),
    state,
  };
}

function proposalOf(creator: string): SignedProposal {
  const signatureHeader = encode(
    SignatureHeader,
    create(SignatureHeader, { creator: utf8(creator) }),
  );
  const header = encode(Header, create(Header, { signatureHeader }));
  const proposalBytes = encode(Proposal, create(Proposal, { header }));
  return { proposalBytes, signature: new Uint8Array(0) };
}

describe("collection access", () => {
  test.each(OPERATIONS)(
    "every %s looks the chaincode up in full: the reads are part of the endorsement",
    (operation) => {
      for (const name of ["open", "_implicit_org_Org2MSP"]) {
        state.reads.clear();
        expect(collectionRefusal(useOf("Org1MSP"), name, operation)).toBeUndefined();
        expect([...state.reads].sort()).toEqual(DEFINITION_KEYS);
      }
    },
  );

  test("members-only collections are closed to others, but not their hashes", () => {
    const refusals = OPERATIONS.map((operation) =>
      collectionRefusal(useOf("Org2MSP"), "closed", operation),
    );
    expect(refusals).toEqual([
      "tx creator does not have read access permission on privatedata in chaincodeName:cc collectionName: closed",
      "tx creator does not have write access permission on privatedata in chaincodeName:cc collectionName: closed",
      undefined,
    ]);
    for (const operation of OPERATIONS) {
      expect(collectionRefusal(useOf("Org1MSP"), "closed", operation)).toBeUndefined();
    }
  });

  test("a collection that is not defined has no values and no hashes", () => {
    const refusals = OPERATIONS.map((operation) =>
      collectionRefusal(useOf("Org1MSP"), "absent", operation),
    );
    expect(refusals).toEqual([
      "collection ch1/cc/absent could not be found",
      "collection ch1/cc/absent could not be found",
      "collection [absent] not defined in the collection config for chaincode [cc]",
    ]);
  });

  test("only organisations of the channel have an implicit collection", () => {
    for (const operation of OPERATIONS) {
      expect(collectionRefusal(useOf("Org1MSP"), "_implicit_org_Org3MSP", operation)).toBe(
        "collection [_implicit_org_Org3MSP] not defined in the collection config for chaincode [cc]",
      );
    }
  });
});
