import { describe, expect, test } from "vitest";
import {
  PolicyManager,
  formatPolicy,
  parseImplicitMeta,
  parsePolicy,
} from "../../../src/policy/index.ts";
import {
  ConfigGroup,
  ImplicitMetaPolicy,
  Policy_PolicyType,
  SignaturePolicyEnvelope,
  create,
  encode,
} from "../../../src/wire/index.ts";
import { isSatisfiedBy } from "./policy-fakes.ts";

type Rules = Readonly<Record<string, string>>;

function group(rules: Rules, groups: Readonly<Record<string, ConfigGroup>> = {}): ConfigGroup {
  const result = create(ConfigGroup, {});
  for (const [name, rule] of Object.entries(rules)) {
    result.policies.set(name, { version: 0, modPolicy: "Admins", policy: policyOf(rule) });
  }
  for (const [name, sub] of Object.entries(groups)) result.groups.set(name, sub);
  return result;
}

function policyOf(rule: string): { type: number; value: Uint8Array } {
  return rule.includes("(")
    ? {
        type: Policy_PolicyType.SIGNATURE,
        value: encode(SignaturePolicyEnvelope, parsePolicy(rule)),
      }
    : {
        type: Policy_PolicyType.IMPLICIT_META,
        value: encode(ImplicitMetaPolicy, parseImplicitMeta(rule)),
      };
}

const org = (mspId: string): ConfigGroup =>
  group({ Readers: `OR('${mspId}.member')`, Admins: `OR('${mspId}.admin')` });

function manager(): PolicyManager {
  const orgs = {
    Org1: org("Org1MSP"),
    Org2: org("Org2MSP"),
    Org3: group({ Readers: "OR('Org3MSP.member')" }),
  };
  const application = group({ Admins: "MAJORITY Admins", Readers: "ANY Readers" }, orgs);
  return PolicyManager.compile(
    "/Channel",
    group({ Readers: "ANY Readers" }, { Application: application }),
  );
}

describe("the policies of a channel", () => {
  test("are found by absolute and relative path", () => {
    const policies = manager();
    const absolute = policies.policy("/Channel/Application/Org1/Admins")!;
    expect(isSatisfiedBy(absolute, "Org1MSP.admin")).toBe(true);
    expect(policies.policy("Application/Org1/Admins")).toBe(absolute);
    expect(policies.manager(["Application"])!.policy("Org1/Admins")).toBe(absolute);
    expect(policies.manager(["Application"])!.policy("/Channel/Application/Org1/Admins")).toBe(
      absolute,
    );
  });

  test.each([
    "",
    "/",
    "/Channel",
    "/Channel/",
    "/Channel/Nothing",
    "/Other/Readers",
    "Application",
    "Application/Org4/Admins",
    "/Channel/Application",
    "/ChannelX/Readers",
    "//",
    "Readers/Readers",
  ])("has nothing at %j", (id) => {
    expect(manager().policy(id)).toBeUndefined();
  });

  test("has nothing above the group that is asked", () => {
    expect(manager().manager(["Application"])!.policy("/Channel/Readers")).toBeUndefined();
    expect(manager().manager(["Nothing"])).toBeUndefined();
  });

  test("counts an absent sub-policy as a failing one", () => {
    const admins = manager().policy("/Channel/Application/Admins")!;
    expect(isSatisfiedBy(admins, "Org1MSP.admin", "Org2MSP.admin")).toBe(true);
    const verdict = admins.evaluate([]);
    expect(verdict).toMatchObject({ satisfied: false });
    expect(isSatisfiedBy(admins, "Org1MSP.admin", "Org3MSP.admin")).toBe(false);
  });

  test("reach through several levels of groups", () => {
    const readers = manager().policy("/Channel/Readers")!;
    expect(isSatisfiedBy(readers, "Org3MSP.peer")).toBe(true);
    expect(isSatisfiedBy(readers, "Org4MSP.peer")).toBe(false);
  });

  test("can name a policy of a group further down", () => {
    const top = group(
      { Special: "ANY Org1/Admins" },
      { Application: group({}, { Org1: org("Org1MSP") }) },
    );
    const special = PolicyManager.compile("/Channel", top).policy("Special")!;
    expect(isSatisfiedBy(special, "Org1MSP.admin")).toBe(true);
    expect(isSatisfiedBy(special, "Org1MSP.peer")).toBe(false);
  });

  test("have an equivalent signature policy for planning", () => {
    expect(formatPolicy(manager().signaturePolicy("/Channel/Application/Readers")!)).toBe(
      "OR(OR('Org1MSP.member'), OR('Org2MSP.member'), OR('Org3MSP.member'))",
    );
    expect(manager().signaturePolicy("/Channel/Application/Nothing")).toBeUndefined();
  });

  test.each([
    ["without content", undefined, "it has no content"],
    ["of an unknown type", { type: 9, value: new Uint8Array() }, "type 9 is unknown"],
    ["of type MSP", { type: Policy_PolicyType.MSP, value: new Uint8Array() }, "type 2 is unknown"],
    [
      "with malformed bytes",
      { type: Policy_PolicyType.SIGNATURE, value: Uint8Array.of(255) },
      "not a valid common.SignaturePolicyEnvelope",
    ],
    [
      "with malformed meta bytes",
      { type: Policy_PolicyType.IMPLICIT_META, value: Uint8Array.of(255) },
      "not a valid common.ImplicitMetaPolicy",
    ],
  ])("are refused %s, with the path", (_name, policy, message) => {
    const bad = group({});
    bad.policies.set("Odd", { version: 0, modPolicy: "", policy });
    const compile = (): unknown => PolicyManager.compile("/Channel", group({}, { Orderer: bad }));
    expect(compile).toThrow("policy /Channel/Orderer/Odd did not compile: ");
    expect(compile).toThrow(message);
  });
});
