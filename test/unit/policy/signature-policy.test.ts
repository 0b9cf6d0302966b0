import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  POLICY_DEPTH_MAX,
  POLICY_PRINCIPALS_MAX,
  POLICY_RULES_MAX,
  PolicyError,
  compileSignaturePolicy,
  parsePolicy,
} from "../../../src/policy/index.ts";
import type { MSPPrincipal, SignaturePolicy } from "../../../src/wire/index.ts";
import { identityWith, isSatisfiedBy } from "./policy-fakes.ts";

const compile = (text: string): ReturnType<typeof compileSignaturePolicy> =>
  compileSignaturePolicy(parsePolicy(text));

describe("a signature policy", () => {
  test("asks each gate for enough of its rules", () => {
    const policy = compile("OutOf(2, 'A.peer', 'B.peer', 'C.peer')");
    expect(isSatisfiedBy(policy, "A.peer", "C.peer")).toBe(true);
    expect(isSatisfiedBy(policy, "A.peer")).toBe(false);
    expect(isSatisfiedBy(policy, "A.peer", "A.peer")).toBe(false);
  });

  test("says why it is not satisfied in Fabric's words", () => {
    expect(compile("OR('A.peer')").evaluate([])).toEqual({
      satisfied: false,
      reason: "signature set did not satisfy policy",
    });
  });

  test("uses each identity once", () => {
    const policy = compile("AND('A.member', 'A.member')");
    expect(isSatisfiedBy(policy, "A.peer")).toBe(false);
    expect(isSatisfiedBy(policy, "A.peer", "A.peer")).toBe(true);
  });

  test("does not go back on a broad principal that took what a narrow one needs", () => {
    const policy = compile("AND('A.member', 'A.admin')");
    expect(isSatisfiedBy(policy, "A.admin", "A.peer")).toBe(false);
    expect(isSatisfiedBy(policy, "A.peer", "A.admin")).toBe(true);
  });

  test("tries every rule of a gate even when it already has enough", () => {
    const policy = compile("AND(OR('A.peer', 'B.peer'), 'B.peer')");
    // The inner gate takes both, though one would do.
    expect(isSatisfiedBy(policy, "A.peer", "B.peer")).toBe(false);
    expect(isSatisfiedBy(policy, "A.peer", "B.peer", "B.peer")).toBe(true);
  });

  test("gives back what a failed gate took", () => {
    const policy = compile("OutOf(1, AND('A.peer', 'B.peer'), 'A.peer')");
    expect(isSatisfiedBy(policy, "A.peer")).toBe(true);
  });

  test("is always satisfied with a threshold of zero or below", () => {
    const { identities } = parsePolicy("OR('A.peer')");
    for (const n of [0, -1]) {
      const policy = compileSignaturePolicy({
        version: 0,
        rule: gate(n, [signedBy(0)]),
        identities,
      });
      expect(isSatisfiedBy(policy)).toBe(true);
    }
  });

  test("is never satisfied with a threshold above its rules", () => {
    expect(isSatisfiedBy(compile("OutOf(2, 'A.peer')"), "A.peer", "A.peer")).toBe(false);
  });

  test.each([
    ["another version", { version: 1, rule: signedBy(0) }, "version 1"],
    [
      "an index below zero",
      { version: 0, rule: signedBy(-1) },
      "requested -1, but identities length is 1",
    ],
    [
      "an index beyond the end",
      { version: 0, rule: signedBy(1) },
      "requested 1, but identities length is 1",
    ],
    ["no rule", { version: 0, rule: undefined }, "empty element"],
    ["an empty element", { version: 0, rule: gate(0, [{ type: undefined }]) }, "empty element"],
  ])("is refused for %s", (_name, fields, message) => {
    const { identities } = parsePolicy("OR('A.peer')");
    expect(() => compileSignaturePolicy({ ...fields, identities })).toThrow(message);
  });

  test("is refused beyond its bounds", () => {
    const [principal] = parsePolicy("OR('A.peer')").identities;
    const identities = [principal!];
    let deep = signedBy(0);
    for (let depth = 0; depth <= POLICY_DEPTH_MAX; depth += 1) deep = gate(1, [deep]);
    const wide = gate(1, Array<SignaturePolicy>(POLICY_RULES_MAX).fill(signedBy(0)));
    const many = Array<MSPPrincipal>(POLICY_PRINCIPALS_MAX + 1).fill(principal!);
    const refusals = [
      { version: 0, rule: deep, identities },
      { version: 0, rule: wide, identities },
      { version: 0, rule: signedBy(0), identities: many },
    ];
    for (const envelope of refusals) {
      expect(() => compileSignaturePolicy(envelope)).toThrow(PolicyError);
    }
  });

  test("asks each identity about each principal once at most", () => {
    let asked = 0;
    const stranger = {
      satisfies: (): boolean => {
        asked += 1;
        return false;
      },
    };
    const { identities } = parsePolicy("OR('A.peer', 'B.peer')");
    const rules = Array.from({ length: 500 }, (_, index) => signedBy(index % 2));
    const policy = compileSignaturePolicy({ version: 0, rule: gate(1, rules), identities });
    expect(policy.evaluate(Array.from({ length: 20 }, () => stranger)).satisfied).toBe(false);
    expect(asked).toBe(2 * 20);
  });

  // The rule as its definition says it: every rule gets a copy of what is taken, kept only on success.
  function modelSatisfies(
    rule: SignaturePolicy,
    fits: (identity: number, principal: number) => boolean,
    taken: boolean[],
  ): boolean {
    if (rule.type?.$case === "signedBy") {
      const { value } = rule.type;
      const found = taken.findIndex((isTaken, index) => !isTaken && fits(index, value));
      if (found >= 0) taken[found] = true;
      return found >= 0;
    }
    const { n, rules } = rule.type!.value;
    let count = 0;
    for (const sub of rules) {
      const copy = [...taken];
      if (!modelSatisfies(sub, fits, copy)) continue;
      count += 1;
      copy.forEach((isTaken, index) => (taken[index] = isTaken));
    }
    return count >= n;
  }

  const PRINCIPALS = ["A.member", "A.admin", "B.member", "B.peer", "C.client"];
  const { rule } = fc.letrec<{ rule: SignaturePolicy }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 4 },
      fc.nat(PRINCIPALS.length - 1).map(signedBy),
      fc
        .tuple(fc.integer({ min: -1, max: 5 }), fc.array(tie("rule"), { maxLength: 5 }))
        .map(([n, rules]) => gate(n, rules)),
    ),
  }));
  const roles = fc.array(
    fc.subarray(["A.admin", "A.peer", "B.peer", "B.admin", "C.client"], {
      minLength: 1,
      maxLength: 2,
    }),
    { maxLength: 7 },
  );

  test.prop([rule, roles], { numRuns: 1_000 })(
    "agrees with a model that copies",
    (root, signers) => {
      const { identities } = parsePolicy(`OR(${PRINCIPALS.map((name) => `'${name}'`).join()})`);
      const signing = signers.map((names) => identityWith(...names));
      const fits = (identity: number, principal: number): boolean =>
        signing[identity]!.satisfies(identities[principal]!);
      const expected = modelSatisfies(
        root,
        fits,
        signing.map(() => false),
      );
      const policy = compileSignaturePolicy({ version: 0, rule: root, identities });
      expect(policy.evaluate(signing).satisfied).toBe(expected);
    },
  );
});

function signedBy(index: number): SignaturePolicy {
  return { type: { $case: "signedBy", value: index } };
}

function gate(n: number, rules: SignaturePolicy[]): SignaturePolicy {
  return { type: { $case: "nOutOf", value: { n, rules } } };
}
