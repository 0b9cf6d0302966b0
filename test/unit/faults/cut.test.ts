import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { between, cutLinks, type Cut } from "../../../src/faults/index.ts";

/** Whether what `from` sends reaches `to`, on calls that either of them made. */
function reaches(cut: Cut, from: string, to: string): boolean {
  const out = cut.get(from)?.find(({ peer }) => peer === to)?.out.drop ?? false;
  const back = cut.get(to)?.find(({ peer }) => peer === from)?.in.drop ?? false;
  expect(out).toBe(back);
  return !out;
}

describe("a cut between groups", () => {
  property.prop([fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 8 })])(
    "separates nodes of different groups and no others",
    (memberships) => {
      const names = memberships.map((_, index) => `n${index}`);
      const groups = [1, 2, 3].map((group) => names.filter((_, i) => memberships[i] === group));
      const cut = cutLinks(between(groups, false));
      names.forEach((from, a) => {
        names.forEach((to, b) => {
          const [ga, gb] = [memberships[a], memberships[b]];
          const isCut = ga !== gb && ga !== 0 && gb !== 0;
          expect(reaches(cut, from, to)).toBe(!isCut);
        });
      });
    },
  );

  test("in one way stops what the first group sends and nothing else", () => {
    const cut = cutLinks(between([["a"], ["b", "c"]], true));
    expect(reaches(cut, "a", "b")).toBe(false);
    expect(reaches(cut, "a", "c")).toBe(false);
    expect(reaches(cut, "b", "a")).toBe(true);
    expect(reaches(cut, "b", "c")).toBe(true);
  });
});
