import { describe, expect, test } from "vitest";
import {
  cutsOf,
  ORDERER_COUNT_MIN,
  SHAPES,
  type Shape,
} from "../../../../src/network/chaos/shapes.ts";

/** Whom each still hears: `a<b` says that a hears b. Links that work both ways are `a-b`. */
function links(shape: Shape, orderers: readonly string[]): string[] {
  const cuts = cutsOf(shape, orderers);
  const hears = (to: string, from: string): boolean =>
    !cuts.some((cut) => cut.from === from && cut.to === to);
  return orderers.flatMap((a, index) =>
    orderers.slice(index + 1).flatMap((b) => {
      if (hears(a, b) && hears(b, a)) return [`${a}-${b}`];
      return [...(hears(a, b) ? [`${a}<${b}`] : []), ...(hears(b, a) ? [`${b}<${a}`] : [])];
    }),
  );
}

const FIVE = ["L", "b", "c", "d", "e"];

describe("shapes of connectivity", () => {
  test.each<readonly [Shape, readonly string[]]>([
    ["halves", ["L-b", "c-d", "c-e", "d-e"]],
    ["scatter", []],
    ["bridge", ["L-b", "L-c", "b-c", "b-d", "b-e", "d-e"]],
    ["ring", ["L-b", "L-e", "b-c", "c-d", "d-e"]],
    ["star", ["L-b", "b-c", "b-d", "b-e"]],
    ["line", ["L-b", "b-c", "c-d", "d-e"]],
    ["triangle", ["L-c", "b-c", "b-d", "c-d", "d-e"]],
    ["quorum-loss", ["b<L", "c<L", "d<L", "e<L", "b-c", "b-d", "b-e", "c-d", "c-e", "d-e"]],
  ])("%s", (shape, expected) => {
    expect(links(shape, FIVE).sort()).toEqual([...expected].sort());
  });

  test.each(SHAPES)("%s cuts something among as few orderers as it takes", (shape) => {
    const few = FIVE.slice(0, ORDERER_COUNT_MIN[shape]);
    const cuts = cutsOf(shape, few);
    expect(cuts.length).toBeGreaterThan(0);
    for (const { from, to } of cuts) {
      expect(few).toContain(from);
      expect(few).toContain(to);
      expect(from).not.toBe(to);
    }
  });
});
