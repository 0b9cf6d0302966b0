import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  formatRolePrincipal,
  parsePolicy,
  principalSets,
  roleOfPrincipal,
  type PrincipalSet,
} from "../../../src/policy/index.ts";
import { leastCpuMs } from "../../support/cpu-time.ts";
import type { MSPPrincipal, SignaturePolicy } from "../../../src/wire/index.ts";

function nameOf(principal: MSPPrincipal): string {
  return formatRolePrincipal(roleOfPrincipal(principal)!)!;
}

function show(set: PrincipalSet): string {
  return set.map(({ principal, count }) => `${nameOf(principal)}*${count}`).join(" ");
}

const setsOf = (text: string): readonly string[] => principalSets(parsePolicy(text)).map(show);

describe("the principal sets of a policy", () => {
  test("are its alternatives, in order", () => {
    expect(setsOf("OR('A.peer', AND('B.peer', 'C.peer'))")).toEqual([
      "A.peer*1",
      "B.peer*1 C.peer*1",
    ]);
    expect(setsOf("OutOf(2, 'A.peer', 'B.peer', 'C.peer')")).toEqual([
      "A.peer*1 B.peer*1",
      "A.peer*1 C.peer*1",
      "B.peer*1 C.peer*1",
    ]);
  });

  test("count a principal that is needed more than once", () => {
    expect(setsOf("AND('A.peer', 'A.peer')")).toEqual(["A.peer*2"]);
  });

  test("leave out sets that contain another, and repetitions", () => {
    expect(setsOf("OR('A.peer', AND('A.peer', 'B.peer'), 'A.peer')")).toEqual(["A.peer*1"]);
    expect(setsOf("OR(AND('A.peer', 'A.peer'), 'A.peer')")).toEqual(["A.peer*1"]);
  });

  test("are one empty set for a policy that is always satisfied, none for one that never is", () => {
    expect(setsOf("OutOf(0, 'A.peer')")).toEqual([""]);
    expect(setsOf("OR('A.peer', OutOf(0, 'B.peer'))")).toEqual([""]);
    expect(setsOf("OutOf(2, 'A.peer')")).toEqual([]);
    expect(setsOf("AND('A.peer', OutOf(2, 'B.peer'))")).toEqual([]);
  });

  test("use only principals that are available", () => {
    const policy = parsePolicy("OutOf(2, 'A.peer', 'B.peer', 'C.peer')");
    const sets = principalSets(policy, (principal) => nameOf(principal) !== "B.peer");
    expect(sets.map(show)).toEqual(["A.peer*1 C.peer*1"]);
    expect(principalSets(policy, () => false)).toEqual([]);
  });

  test("are all found for a majority of fifteen", () => {
    const organizations = Array.from({ length: 15 }, (_, index) => `'Org${index}.peer'`);
    expect(setsOf(`OutOf(8, ${organizations.join()})`)).toHaveLength(6435);
  });

  test.each([
    ["a majority of a hundred", `OutOf(51, ${repeat("'A#.peer'", 100)})`],
    ["many equal alternatives", `AND(${repeat("OR('A.peer','A.peer','A.peer')", 40)})`],
    [
      "many alternatives of two sizes",
      `AND(${repeat("OR('A#.peer',AND('B#.peer','C#.peer'))", 30)})`,
    ],
    ["one huge conjunction", `AND(${repeat("'A#.peer'", 1_000)})`],
    ["a choice of huge conjunctions", `AND(${repeat("OR('A#.peer','B#.peer')", 390)})`],
    ["gates that need nothing", `AND(${repeat("OutOf(0,'A#.peer')", 1_000)})`],
    ["deep gates", `${"OR('X.peer',".repeat(39)}AND('A.peer','B.peer')${")".repeat(39)}`],
  ])("end within 50 ms for %s", (_name, text) => {
    const policy = parsePolicy(text);
    expect(leastCpuMs(() => principalSets(policy))).toBeLessThan(50);
  });

  // Every multiset over the principals up to a size, judged by counting instead of by enumeration.
  const NAMES = ["A", "B", "C"];
  const { rule } = fc.letrec<{ rule: string }>((tie) => ({
    rule: fc
      .tuple(
        fc.array(
          fc.oneof(
            { maxDepth: 2 },
            fc.constantFrom(...NAMES.map((name) => `'${name}.peer'`)),
            tie("rule"),
          ),
          { minLength: 1, maxLength: 3 },
        ),
        fc.nat(4),
      )
      .map(([operands, n]) => `OutOf(${Math.min(n, operands.length)},${operands.join()})`),
  }));

  test.prop([rule], { numRuns: 300 })(
    "are exactly the minimal multisets that satisfy it",
    (text) => {
      const policy = parsePolicy(text);
      const satisfying = multisets(3, 7).filter((counts) =>
        canSatisfy(policy.rule!, counts, policy.identities),
      );
      const minimal = satisfying.filter(
        (set) =>
          !satisfying.some(
            (other) => other !== set && other.every((count, index) => count <= set[index]!),
          ),
      );
      const found = principalSets(policy).map((set) =>
        NAMES.map(
          (name) => set.find(({ principal }) => nameOf(principal) === `${name}.peer`)?.count ?? 0,
        ),
      );
      const small = found.filter((counts) => counts.reduce((sum, count) => sum + count, 0) <= 7);
      expect(small.map(String).sort()).toEqual(minimal.map(String).sort());
    },
  );

  function multisets(kinds: number, sizeMax: number): number[][] {
    if (kinds === 0) return [[]];
    return Array.from({ length: sizeMax + 1 }, (_, count) => count).flatMap((count) =>
      multisets(kinds - 1, sizeMax - count).map((rest) => [count, ...rest]),
    );
  }

  // True when some choice of rules can be paid for with `counts`; returns by trying all choices.
  function canSatisfy(
    root: SignaturePolicy,
    counts: number[],
    principals: readonly MSPPrincipal[],
  ): boolean {
    return payments(root, principals).some((cost) =>
      cost.every((count, index) => count <= counts[index]!),
    );
  }

  function payments(node: SignaturePolicy, principals: readonly MSPPrincipal[]): number[][] {
    if (node.type?.$case === "signedBy") {
      const name = nameOf(principals[node.type.value]!);
      return [NAMES.map((candidate) => (`${candidate}.peer` === name ? 1 : 0))];
    }
    const { n, rules } = node.type!.value;
    let partial: { cost: number[]; chosen: number }[] = [{ cost: [0, 0, 0], chosen: 0 }];
    for (const sub of rules) {
      const options = payments(sub, principals);
      partial = partial.flatMap((base) => [
        base,
        ...options.map((option) => ({
          cost: base.cost.map((count, index) => count + option[index]!),
          chosen: base.chosen + 1,
        })),
      ]);
    }
    return unique(partial.filter(({ chosen }) => chosen === n).map(({ cost }) => cost));
  }

  function unique(costs: readonly number[][]): number[][] {
    return [...new Map(costs.map((cost) => [String(cost), cost])).values()];
  }
});

function repeat(part: string, count: number): string {
  return Array.from({ length: count }, (_, index) => part.replaceAll("#", String(index))).join();
}
