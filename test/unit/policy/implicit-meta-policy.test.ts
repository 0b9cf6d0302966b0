import { describe, expect, test } from "vitest";
import {
  absentPolicy,
  formatImplicitMeta,
  implicitMetaPolicy,
  parseImplicitMeta,
  type Policy,
} from "../../../src/policy/index.ts";
import { ImplicitMetaPolicy_Rule } from "../../../src/wire/index.ts";

const YES: Policy = { evaluate: () => ({ satisfied: true }) };
const NO = absentPolicy("Admins");

function verdict(text: string, subPolicies: readonly Policy[]): boolean {
  return implicitMetaPolicy(parseImplicitMeta(text), subPolicies).evaluate([]).satisfied;
}

describe("an implicit meta policy", () => {
  test("asks for one, all or more than half of the sub-policies", () => {
    expect(verdict("ANY Admins", [NO, YES, NO])).toBe(true);
    expect(verdict("ANY Admins", [NO, NO])).toBe(false);
    expect(verdict("ALL Admins", [YES, YES])).toBe(true);
    expect(verdict("ALL Admins", [YES, NO])).toBe(false);
    expect(verdict("MAJORITY Admins", [YES, NO])).toBe(false);
    expect(verdict("MAJORITY Admins", [YES, NO, YES])).toBe(true);
    expect(verdict("MAJORITY Admins", [YES, YES, NO, NO])).toBe(false);
  });

  test.each(["ANY Admins", "ALL Admins", "MAJORITY Admins"])(
    "is satisfied without sub-groups: %s",
    (text) => {
      expect(verdict(text, [])).toBe(true);
    },
  );

  test("says how many were satisfied and how many were needed, in Fabric's words", () => {
    const policy = implicitMetaPolicy(parseImplicitMeta("MAJORITY Admins"), [NO, NO, NO]);
    expect(policy.evaluate([])).toEqual({
      satisfied: false,
      reason:
        "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 2 of the 'Admins' sub-policies to be satisfied",
    });
  });

  test("stops asking when it has enough", () => {
    const asked: string[] = [];
    const counting: Policy = {
      evaluate: () => {
        asked.push("x");
        return { satisfied: true };
      },
    };
    verdict("ANY Admins", [counting, counting, counting]);
    expect(asked).toHaveLength(1);
  });

  test("is refused with a rule that has no meaning", () => {
    const rule = 7 as ImplicitMetaPolicy_Rule;
    expect(() => implicitMetaPolicy({ subPolicy: "Admins", rule }, [YES])).toThrow(
      "unknown rule 7",
    );
  });

  test("is read from its text, and written back", () => {
    const parsed = parseImplicitMeta("MAJORITY Endorsement");
    expect(parsed).toEqual({ subPolicy: "Endorsement", rule: ImplicitMetaPolicy_Rule.MAJORITY });
    expect(formatImplicitMeta(parsed)).toBe("MAJORITY Endorsement");
  });

  test.each(["", "ANY", "Any Admins", "ANY  Admins", "ANY Admins ", "SOME Admins", "ANY a b"])(
    "is not read from %j",
    (text) => {
      expect(() => parseImplicitMeta(text)).toThrow("write ANY, ALL or MAJORITY");
    },
  );
});
