import { describe, expect, test } from "vitest";
import { collectionPackage, parseCollections } from "../../../../src/network/client/collections.ts";
import { CollectionConfigPackage, decode, encode } from "../../../../src/wire/index.ts";

const members = "OR('Org1MSP.member','Org2MSP.member')";

function configs(text: string): readonly object[] {
  const collections = collectionPackage(parseCollections(text, "c.json"));
  const { config } = decode(CollectionConfigPackage, encode(CollectionConfigPackage, collections));
  return config.map(({ payload }) => payload?.value ?? {});
}

describe("a file of collections", () => {
  test("leaves out what Fabric's tools let people leave out", () => {
    expect(configs(JSON.stringify([{ name: "a", policy: members }]))).toMatchObject([
      {
        name: "a",
        requiredPeerCount: 0,
        maximumPeerCount: 1,
        blockToLive: 0,
        memberOnlyRead: false,
        memberOnlyWrite: false,
        memberOrgsPolicy: { payload: { $case: "signaturePolicy" } },
      },
    ]);
  });

  test("says everything that a definition can", () => {
    const all = {
      name: "b",
      policy: members,
      requiredPeerCount: 1,
      maxPeerCount: 3,
      blockToLive: 100,
      memberOnlyRead: true,
      memberOnlyWrite: true,
    };
    const bySignatures = { ...all, endorsementPolicy: { signaturePolicy: members } };
    const byChannel = { ...all, name: "c", endorsementPolicy: { channelConfigPolicy: "Writers" } };
    expect(configs(JSON.stringify([bySignatures, byChannel]))).toMatchObject([
      {
        requiredPeerCount: 1,
        maximumPeerCount: 3,
        blockToLive: 100,
        memberOnlyRead: true,
        memberOnlyWrite: true,
        endorsementPolicy: { type: { $case: "signaturePolicy" } },
      },
      { endorsementPolicy: { type: { $case: "channelConfigPolicyReference", value: "Writers" } } },
    ]);
  });

  test.each([
    ["{", "c.json is not JSON"],
    ["{}", "c.json is not a list of collections"],
    ['[{"name":"a"}]', "policy"],
    [`[{"name":"a","policy":"${members}","maxPeers":1}]`, "maxPeers"],
    [`[{"name":"a","policy":"${members}","requiredPeerCount":-1}]`, "requiredPeerCount"],
    [`[{"name":"a","policy":"OR('Org1MSP.nobody')"}]`, "collection a: "],
  ])("%s is refused with its cause", (text, cause) => {
    expect(() => configs(text)).toThrow(cause);
  });
});
