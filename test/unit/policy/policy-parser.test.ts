import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { leastCpuMs } from "../../support/cpu-time.ts";
import { toHex } from "../../../src/kernel/bytes.ts";
import {
  POLICY_DEPTH_MAX,
  POLICY_TEXT_LENGTH_MAX,
  PolicyError,
  compileSignaturePolicy,
  formatPolicy,
  parsePolicy,
} from "../../../src/policy/index.ts";
import { SignaturePolicyEnvelope, encode } from "../../../src/wire/index.ts";

const ONE_OF_A = "120812060801120208001a0512030a0141";
const BOTH_OF_A_B = "120c120a080212020800120208011a0512030a01411a0512030a0142";

// Texts and encodings as Fabric's own parser gives them.
const GOLDEN: readonly (readonly [string, string])[] = [
  ["OR('A.member')", ONE_OF_A],
  ["AND('A.member')", ONE_OF_A],
  ["OutOf(1,'A.member')", ONE_OF_A],
  ["OutOf('1','A.member')", ONE_OF_A],
  ["OutOf(0,'A.member')", "12061204120208001a0512030a0141"],
  ["OutOf(2,'A.member')", "120812060802120208001a0512030a0141"],
  ["AND('A.member','B.member')", BOTH_OF_A_B],
  ["OutOf(1+1,'A.member','B.member')", BOTH_OF_A_B],
  ["OR('A.member','A.member')", "120c120a080112020800120208011a0512030a01411a0512030a0141"],
  [
    "OutOf(2,'A.member','B.admin','C.peer')",
    "1210120e08021202080012020801120208021a0512030a01411a0712050a014210011a0712050a01431003",
  ],
  [
    "or('A.member',AND('B.member','C.member'))",
    "12161214080112020802120c120a080212020800120208011a0512030a01421a0512030a01431a0512030a0141",
  ],
  [
    "AND(OR('A.member','B.member'),OR('A.member','C.member'))",
    "1220121e0802120c120a08011202080012020801120c120a080112020802120208031a0512030a01411a0512030a01421a0512030a01411a0512030a0143",
  ],
  [
    "AND('A.member',OutOf(1,'B.member',OR('C.member','D.member')))",
    "1220121e08021202080312161214080112020802120c120a080112020800120208011a0512030a01431a0512030a01441a0512030a01421a0512030a0141",
  ],
  ["OR('A.b.member')", "120812060801120208001a0712050a03412e62"],
];

const REJECTED: readonly string[] = [
  "'A.member'",
  "",
  "Outof(1,'A.member')",
  "OutOf(3,'A.member')",
  "OutOf(-1,'A.member')",
  "OR()",
  "OR('A_B.member')",
  "OR('A B.member')",
  "OR('A.Member')",
  "OR('A.member'",
  "OR('A.member'))",
  "OR('A.member',)",
  "OR(A.member)",
  "OR('A.member' 'B.member')",
  "OR('A.member\")",
  "OutOf('A.member')",
  "OutOf(1)",
  "OutOf(1,2)",
  "OutOf(1/0,'A.member')",
  "OutOf(0/0,'A.member')",
  "OutOf('x','A.member')",
  "OutOf('1 1','A.member')",
  "nOutOf(1,'A.member')",
  "OR('A.member') OR('B.member')",
  "OR('A.member')\u0000",
];

function hexOf(text: string): string {
  return toHex(encode(SignaturePolicyEnvelope, parsePolicy(text)));
}

function errorOf(text: string): PolicyError {
  try {
    parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe("the policy language", () => {
  test.each(GOLDEN)("encodes %s as Fabric does", (text, hex) => {
    expect(hexOf(text)).toBe(hex);
  });

  test.each(REJECTED)("refuses %j", (text) => {
    expect(errorOf(text).code).toBe("malformed-text");
  });

  test.each(["AND", "And", "and"])("knows the gate %s", (gate) => {
    expect(hexOf(`${gate}('A.member','B.member')`)).toBe(BOTH_OF_A_B);
  });

  test.each(["OR", "Or", "or", "OutOf", "outof", "OUTOF"])("knows the gate %s", (gate) => {
    const threshold = gate.length > 2 ? "1," : "";
    expect(hexOf(`${gate}(${threshold}'A.member')`)).toBe(ONE_OF_A);
  });

  test.each([
    "1.9",
    "'1.9'",
    "3-2",
    "'3 - 2'",
    "2*1-1",
    "(7 % 4) / 3",
    "--1",
    "10/10",
    "1e0",
    ".1e1",
    "4/3",
  ])("takes %s for a threshold of one", (threshold) => {
    expect(hexOf(`OutOf(${threshold}, 'A.member')`)).toBe(ONE_OF_A);
  });

  test("allows spaces, line ends and both kinds of quotes", () => {
    expect(hexOf(` AND (\n\t'A.member' ,\r\n "B.member" ) `)).toBe(BOTH_OF_A_B);
  });

  test("says where the error is and what to write", () => {
    const error = errorOf("AND('Org1MSP.peer', 'Org2MSP.Peer')");
    expect(error.data).toEqual({ position: 21 });
    expect(error.message).toBe(
      `"Org2MSP.Peer" is not a principal at character 21: write 'MSPID.role' with role admin, member, client, peer or orderer, or a gate`,
    );
  });

  test("says which threshold is out of range", () => {
    const error = errorOf("AND('A.peer', OutOf(3,'A.member'))");
    expect(error.data).toEqual({ position: 15 });
    expect(error.message).toContain("invalid t-out-of-n predicate, t 3, n 1");
  });

  test("points into a quoted threshold", () => {
    expect(errorOf("OutOf('1+', 'A.member')").data).toEqual({ position: 10 });
  });

  test("refuses what is nested too deeply, and accepts what is just not", () => {
    const nested = (depth: number): string =>
      `${"OR(".repeat(depth)}'A.member'${")".repeat(depth)}`;
    expect(() => compileSignaturePolicy(parsePolicy(nested(POLICY_DEPTH_MAX)))).not.toThrow();
    expect(errorOf(nested(POLICY_DEPTH_MAX + 1)).message).toContain("too many gates within gates");
    expect(errorOf(`OutOf(${"(".repeat(1000)}1`).message).toContain("too many parentheses");
  });

  test("refuses a text that is too long, and compiles whatever fits in one that is not", () => {
    const wide = (count: number): string => `OR(${Array<string>(count).fill("'A.peer'").join()})`;
    const most = wide(Math.floor((POLICY_TEXT_LENGTH_MAX - 3) / 9));
    expect(() => compileSignaturePolicy(parsePolicy(most))).not.toThrow();
    expect(errorOf(" ".repeat(POLICY_TEXT_LENGTH_MAX + 1)).code).toBe("too-large");
  });

  const fragment = fc.constantFrom(
    "AND(",
    "OR(",
    "OutOf(",
    "'A.member'",
    '"B.peer"',
    ",",
    ")",
    "(",
    "1",
    "+",
    "-",
    "'",
    "2",
    " ",
    "Outof",
    "é",
    "'1'",
  );
  const hostile = fc.oneof(
    fc.string({ maxLength: 200, unit: "binary" }),
    fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join("")),
    fc.tuple(fragment, fc.nat(20_000)).map(([part, count]) => part.repeat(count)),
  );

  test.prop([hostile], { numRuns: 500 })("never fails but with a PolicyError", (text) => {
    try {
      parsePolicy(text);
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
    }
  });

  test.each(["OR(", "'A.peer',", "(", "-", "1+", "OutOf(1,", "'", "OutOf(-"])(
    "ends within 50 ms on a long run of %s",
    (part) => {
      const text = `OutOf(${part.repeat(POLICY_TEXT_LENGTH_MAX)}`.slice(0, POLICY_TEXT_LENGTH_MAX);
      expect(leastCpuMs(() => errorOf(text))).toBeLessThan(50);
    },
  );
});

describe("formatting a policy", () => {
  const principal = fc
    .tuple(
      fc.stringMatching(/^[A-Za-z0-9.-]{1,8}$/),
      fc.constantFrom("admin", "member", "client", "peer", "orderer"),
    )
    .map(([mspId, role]) => `'${mspId}.${role}'`);
  const { policy } = fc.letrec<{ policy: string; operand: string }>((tie) => ({
    operand: fc.oneof({ maxDepth: 4 }, principal, tie("policy")),
    policy: fc
      .tuple(
        fc.constantFrom("AND", "OR", "OutOf"),
        fc.array(tie("operand"), { minLength: 1, maxLength: 4 }),
        fc.nat(5),
      )
      .map(([gate, operands, needed]) =>
        gate === "OutOf"
          ? `OutOf(${Math.min(needed, operands.length + 1)}, ${operands.join(", ")})`
          : `${gate}(${operands.join(", ")})`,
      ),
  }));

  test.prop([policy])("gives text that reads as the same bytes", (text) => {
    const bytes = hexOf(text);
    expect(hexOf(formatPolicy(parsePolicy(text)))).toBe(bytes);
  });

  test("writes gates by their plainest name", () => {
    const text =
      "AND('A.admin', OR('B.peer', 'C.client'), OutOf(2, 'D.member', 'E.orderer', 'F.member'))";
    expect(formatPolicy(parsePolicy(text))).toBe(text);
  });

  test("writes a lone signer as a gate of one", () => {
    const lone = { ...parsePolicy("OR('A.peer')"), rule: signedBy(0) };
    expect(formatPolicy(lone)).toBe("OR('A.peer')");
  });

  test("has no words for an empty gate, a foreign principal or a strange MSP id", () => {
    const empty = { version: 0, rule: gate(0), identities: [] };
    expect(() => formatPolicy(empty)).toThrow("no words for 0 out of 0");
    const foreign = { principalClassification: 1, principal: new Uint8Array() } as const;
    expect(() => formatPolicy({ version: 0, rule: signedBy(0), identities: [foreign] })).toThrow(
      "not a known role",
    );
    const strange = {
      principalClassification: 0,
      principal: Uint8Array.of(10, 3, 65, 95, 66),
    } as const;
    expect(() => formatPolicy({ version: 0, rule: signedBy(0), identities: [strange] })).toThrow(
      'no words for MSP id "A_B"',
    );
  });
});

function signedBy(index: number): SignaturePolicyEnvelope["rule"] {
  return { type: { $case: "signedBy", value: index } };
}

function gate(n: number): SignaturePolicyEnvelope["rule"] {
  return { type: { $case: "nOutOf", value: { n, rules: [] } } };
}
