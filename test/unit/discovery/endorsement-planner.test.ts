import { fc, test } from "@fast-check/vitest";
import { beforeAll, describe, expect } from "vitest";
import type { ChaincodeDefinition } from "../../../src/chaincode/index.ts";
import {
  assignPeers,
  planEndorsement,
  type Layout,
  type PlanResult,
} from "../../../src/discovery/index.ts";
import { compileSignaturePolicy, parsePolicy } from "../../../src/policy/index.ts";
import {
  ChaincodeInterest,
  CollectionConfigPackage,
  create,
  encode,
  type ChaincodeCall,
  type Partially,
} from "../../../src/wire/index.ts";
import { createMaterial, definition, type Material } from "../gateway/gateway-world.ts";

let material: Material;
beforeAll(async () => {
  material = await createMaterial();
});

interface Peer {
  readonly name: string;
  readonly identity: Uint8Array;
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
}

const RUNNING = ["a", "b"].map((name) => ({ name, version: "1" }));

function peersOf(isPresent: (index: number) => boolean): readonly Peer[] {
  return [...material.identities]
    .filter((_, index) => isPresent(index))
    .map(([name, identity]) => ({ name, identity, chaincodes: RUNNING }));
}

function plan(
  policies: Readonly<Record<string, string>>,
  peers: readonly Peer[],
  calls: readonly Partially<ChaincodeCall>[] = Object.keys(policies).map((name) => ({ name })),
  collections: Partially<CollectionConfigPackage> = {},
): PlanResult<Peer> {
  return planEndorsement<Peer>({
    config: material.config,
    interest: create<ChaincodeInterest>(ChaincodeInterest, { chaincodes: [...calls] }),
    peers,
    definition: (name): ChaincodeDefinition | undefined => {
      const policy = policies[name];
      if (policy === undefined) return undefined;
      const bytes = encode(
        CollectionConfigPackage,
        create<CollectionConfigPackage>(CollectionConfigPackage, collections),
      );
      return { ...definition(policy), name, sequence: 1, collections: bytes };
    },
  });
}

function show(result: PlanResult<Peer>): readonly string[] | string {
  if (!result.ok) return result.reason;
  const names = (peers: readonly Peer[]): string =>
    peers.map(({ name }) => name.replace(/MSP:7051$/, "")).join("|");
  return result.layouts.map((layout) =>
    layout.map(({ count, peers }) => `${count} of ${names(peers)}`).join(" and "),
  );
}

const all = (): readonly Peer[] => peersOf(() => true);
const collection = (name: string, members: string, endorsement?: string): object => ({
  payload: {
    $case: "staticCollectionConfig",
    value: {
      name,
      memberOrgsPolicy: { payload: { $case: "signaturePolicy", value: parsePolicy(members) } },
      ...(endorsement === undefined
        ? {}
        : {
            endorsementPolicy: {
              type: { $case: "signaturePolicy", value: parsePolicy(endorsement) },
            },
          }),
    },
  },
});

describe("a plan", () => {
  const org1 = "peer0.Org1|peer1.Org1";
  const org2 = "peer0.Org2|peer1.Org2";

  test("has a layout for each way to satisfy the policy", () => {
    expect(show(plan({ a: "OR('Org1MSP.peer', 'Org2MSP.peer')" }, all()))).toEqual([
      `1 of ${org1}`,
      `1 of ${org2}`,
    ]);
    expect(show(plan({ a: "AND('Org1MSP.peer', 'Org1MSP.peer')" }, all()))).toEqual([
      `2 of ${org1}`,
    ]);
  });

  test("satisfies all chaincodes at once, a signer counting for each of them", () => {
    const policies = { a: "OR('Org1MSP.member')", b: "AND('Org1MSP.peer', 'Org2MSP.peer')" };
    expect(show(plan(policies, all()))).toEqual([`1 of ${org1} and 1 of ${org2}`]);
  });

  test("takes a collection's own policy, and only its members where values are read", () => {
    const policies = { a: "OR('Org1MSP.peer')" };
    const config = [
      collection(
        "c",
        "OR('Org1MSP.member', 'Org2MSP.member')",
        "OR('Org2MSP.peer', 'Org3MSP.peer')",
      ),
    ];
    const call = { name: "a", collectionNames: ["c"] };
    expect(show(plan(policies, all(), [call], { config }))).toEqual([`1 of ${org2}`]);
    expect(show(plan(policies, all(), [{ ...call, noPrivateReads: true }], { config }))).toEqual([
      `1 of ${org2}`,
      "1 of peer0.Org3|peer1.Org3",
    ]);
    expect(show(plan(policies, all(), [{ name: "a", collectionNames: ["x"] }], { config }))).toBe(
      "collection x doesn't exist in collection config for chaincode a",
    );
  });

  test("adds the policies of keys, or takes them instead of the chaincode's", () => {
    const policies = { a: "OR('Org1MSP.peer')" };
    const call = { name: "a", keyPolicies: [parsePolicy("OR('Org2MSP.peer')")] };
    expect(show(plan(policies, all(), [call]))).toEqual([`1 of ${org1} and 1 of ${org2}`]);
    const instead = { ...call, disregardNamespacePolicy: true };
    expect(show(plan(policies, all(), [instead]))).toEqual([`1 of ${org2}`]);
    expect(show(plan(policies, all(), [{ name: "a", disregardNamespacePolicy: true }]))).toMatch(
      /^requested to disregard chaincode a's policy but/,
    );
  });

  test("leaves out peers without the committed sequence", () => {
    const peers = all().map((peer, index) =>
      index === 0 ? { ...peer, chaincodes: [{ name: "a", version: "2" }] } : peer,
    );
    expect(show(plan({ a: "OR('Org1MSP.peer')" }, peers))).toEqual(["1 of peer1.Org1"]);
    expect(show(plan({ a: "AND('Org1MSP.peer', 'Org1MSP.peer')" }, peers))).toBe(
      "required chaincodes are not installed on sufficient peers",
    );
  });

  test("is refused with Fabric's reasons", () => {
    expect(show(plan({ a: "OR('Org4MSP.peer')" }, all()))).toBe(
      "no peer combination can satisfy the endorsement policy",
    );
    expect(show(plan({ a: "OutOf(2, 'Org1MSP.peer')" }, all()))).toBe(
      "endorsement policy cannot be satisfied",
    );
    expect(show(plan({}, all(), [{ name: "x" }]))).toBe(
      "No metadata was found for chaincode x in channel ch1",
    );
  });

  const principal = fc
    .tuple(fc.constantFrom("Org1MSP", "Org2MSP", "Org3MSP"), fc.constantFrom("peer", "member"))
    .map(([mspId, role]) => `'${mspId}.${role}'`);
  const policy = fc
    .array(principal, { minLength: 1, maxLength: 4 })
    .chain((rules) =>
      fc
        .integer({ min: 1, max: rules.length })
        .map((needed) => `OutOf(${needed}, ${rules.join(", ")})`),
    );

  test.prop({ a: policy, b: policy, present: fc.integer({ min: 0, max: 63 }) }, { numRuns: 150 })(
    "can be carried out exactly when the peers can satisfy both policies",
    ({ a, b, present }) => {
      const peers = peersOf((index) => (present & (1 << index)) !== 0);
      const compiled = [a, b].map((text) => compileSignaturePolicy(parsePolicy(text)));
      const isEnough = (some: readonly Peer[]): boolean => {
        const identities = some.map(({ identity }) => {
          const result = material.config.mspManager.identity(identity);
          if (!result.ok) throw new Error(result.reason);
          return result.identity;
        });
        return compiled.every((each) =>
          permutations(identities).some((order) => each.evaluate(order).satisfied),
        );
      };
      const result = plan({ a, b }, peers);
      const chosen = result.ok
        ? result.layouts.flatMap((layout) => {
            const assigned = assignPeers(layout, peers);
            return assigned === undefined ? [] : [assigned];
          })
        : [];
      for (const each of chosen.slice(0, 5)) expect(isEnough(each)).toBe(true);
      expect(chosen.length > 0).toBe(isEnough(peers));
    },
  );
});

// The evaluation of a policy takes the first identity that fits, so the order matters; a rotation at each place is enough.
function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

describe("the assignment of peers", () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    peers: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
  });

  test.prop({
    layout: fc.array(group, { minLength: 1, maxLength: 3 }),
    preference: fc.shuffledSubarray([0, 1, 2, 3, 4, 5]),
  })("finds the most preferred peers there are", ({ layout, preference }) => {
    const assigned = assignPeers(layout, preference);
    expect(assigned).toEqual(mostPreferred(layout, preference));
  });
});

// Of all sets of peers that can be placed, the one that comes first when their ranks are compared in order.
function mostPreferred(
  layout: Layout<number>,
  preference: readonly number[],
): readonly number[] | undefined {
  const size = layout.reduce((sum, { count }) => sum + count, 0);
  const choices = (from: number, left: number): readonly (readonly number[])[] => {
    if (left === 0) return [[]];
    return preference
      .slice(from)
      .flatMap((peer, index) => choices(from + index + 1, left - 1).map((rest) => [peer, ...rest]));
  };
  return choices(0, size).find((chosen) =>
    permutations(chosen).some((order) => {
      let next = 0;
      return layout.every(({ peers, count }) => {
        const seated = order.slice(next, (next += count));
        return seated.every((peer) => peers.includes(peer));
      });
    }),
  );
}
