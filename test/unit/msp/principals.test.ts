import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { type Identity, Msp, rolePrincipal } from "../../../src/msp/index.ts";
import { COMBINED_PRINCIPAL_COUNT_MAX } from "../../../src/msp/limits.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import {
  CombinedPrincipal,
  create,
  encode,
  MSPIdentityAnonymity,
  type MSPPrincipal,
  MSPPrincipal_Classification as Classification,
  MSPRole,
  OrganizationUnit,
} from "../../../src/wire/index.ts";
import { serialize, TestOrganization } from "./organization.ts";

const org1 = await TestOrganization.create("Org1MSP", 1);
const org2 = await TestOrganization.create("Org2MSP", 2);
const msp1 = Msp.fromConfig(org1.config());
const msp2 = Msp.fromConfig(org2.config());
const peer1 = await org1.member(["peer", "sales"]);

function identityOf(msp: Msp, serialized: Uint8Array): Identity {
  const result = msp.unvalidatedIdentity(serialized);
  return result.ok ? result.identity : expect.fail(result.reason);
}

const holders: Readonly<Record<string, Identity>> = {
  peer1: identityOf(msp1, peer1),
  client1: identityOf(msp1, await org1.member(["client"])),
  admin1: identityOf(msp1, await org1.member(["admin"])),
  orderer1: identityOf(msp1, await org1.member(["orderer"])),
  nobody1: identityOf(msp1, await org1.member(["sales"])),
  peer2: identityOf(msp2, await org2.member(["peer"])),
};

function satisfying(principal: MSPPrincipal): string[] {
  return Object.keys(holders).filter((name) => holders[name]!.satisfies(principal));
}

function principalOf(kind: number, principal: Uint8Array): MSPPrincipal {
  return { principalClassification: kind as MSPPrincipal["principalClassification"], principal };
}

function unit(mspIdentifier: string, name: string, certifiersIdentifier: Uint8Array): MSPPrincipal {
  const message = { mspIdentifier, organizationalUnitIdentifier: name, certifiersIdentifier };
  return principalOf(
    Classification.ORGANIZATION_UNIT,
    encode(OrganizationUnit, create(OrganizationUnit, message)),
  );
}

function combined(...principals: MSPPrincipal[]): MSPPrincipal {
  return principalOf(
    Classification.COMBINED,
    encode(CombinedPrincipal, create(CombinedPrincipal, { principals })),
  );
}

function anonymity(anonymityType: 0 | 1): MSPPrincipal {
  const message = create(MSPIdentityAnonymity, { anonymityType });
  return principalOf(Classification.ANONYMITY, encode(MSPIdentityAnonymity, message));
}

const role1 = (role: Parameters<typeof rolePrincipal>[1]): MSPPrincipal =>
  rolePrincipal("Org1MSP", role);
const certifiers1 = sha256(org1.ca.certificate.der);

test.each<[string, MSPPrincipal, string[]]>([
  ["the members of Org1", role1("member"), ["peer1", "client1", "admin1", "orderer1"]],
  ["its peers", role1("peer"), ["peer1"]],
  ["its clients", role1("client"), ["client1"]],
  ["its administrators", role1("admin"), ["admin1"]],
  ["its orderers", role1("orderer"), ["orderer1"]],
  ["the members of Org2", rolePrincipal("Org2MSP", "member"), ["peer2"]],
  ["the members of an unknown organisation", rolePrincipal("Org3MSP", "member"), []],
  ["the unit sales of Org1, if valid", unit("Org1MSP", "sales", certifiers1), ["peer1"]],
  ["the unit peer of Org1", unit("Org1MSP", "peer", certifiers1), ["peer1"]],
  ["a unit of another organisation's authority", unit("Org1MSP", "sales", sha256()), []],
  ["a unit of no authority", unit("Org1MSP", "sales", EMPTY_BYTES), []],
  ["a unit of another organisation", unit("Org2MSP", "sales", certifiers1), []],
  ["exactly peer1", principalOf(Classification.IDENTITY, peer1), ["peer1"]],
  ["an invalid identity", principalOf(Classification.IDENTITY, holders["nobody1"]!.serialized), []],
  ["everyone who is not anonymous", anonymity(0), Object.keys(holders)],
  ["everyone who is anonymous", anonymity(1), []],
  ["peers in sales", combined(role1("peer"), unit("Org1MSP", "sales", certifiers1)), ["peer1"]],
  ["peers that are clients", combined(role1("peer"), role1("client")), []],
  ["peers in a nest", combined(combined(combined(role1("peer"))), role1("member")), ["peer1"]],
  ["a combination of nothing", combined(), []],
  ["a combination with an empty one inside", combined(role1("peer"), combined()), []],
  ["an unknown classification", principalOf(99, peer1), []],
  ["a negative classification", principalOf(-1, peer1), []],
])("%s", (_what, principal, expected) => {
  expect(satisfying(principal)).toEqual(expected);
});

test("a role that is not one satisfies nobody", () => {
  const bytes = Uint8Array.from([
    ...encode(MSPRole, create(MSPRole, { mspIdentifier: "Org1MSP" })),
    0x10,
    99,
  ]);
  expect(satisfying(principalOf(Classification.ROLE, bytes))).toEqual([]);
});

test("an identity is the same however it was serialised", async () => {
  const { certificatePem } = await org1.issue(["client"]);
  const identity = identityOf(msp1, serialize("Org1MSP", certificatePem));
  const chatty = serialize("Org1MSP", Uint8Array.from([...utf8("x\n"), ...certificatePem]));
  expect(identity.satisfies(principalOf(Classification.IDENTITY, chatty))).toBe(true);
});

describe("hostile principals", () => {
  test.prop([fc.constantFrom(0, 1, 2, 3, 4, 5), fc.uint8Array({ maxLength: 200 })])(
    "random bytes of any classification never throw",
    (kind, bytes) => {
      for (const holder of Object.values(holders)) {
        expect(() => holder.satisfies(principalOf(kind, bytes))).not.toThrow();
      }
    },
  );

  test("a combination of absurd depth is not satisfied, in bounded time", () => {
    let nest = role1("peer");
    for (let depth = 0; depth < COMBINED_PRINCIPAL_COUNT_MAX + 1; depth += 1) nest = combined(nest);
    expect(satisfying(nest)).toEqual([]);
  });

  test("a combination of absurd width is not satisfied", () => {
    const wide = Array.from({ length: COMBINED_PRINCIPAL_COUNT_MAX }, () => role1("peer"));
    expect(satisfying(combined(...wide))).toEqual([]);
    expect(satisfying(combined(...wide.slice(1)))).toEqual(["peer1"]);
  });
});
