import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { PullRotation } from "../../../../src/delivery/core/pull-rotation.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";

describe("the choice of an orderer", () => {
  propertyTest.prop([fc.nat(), fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 })])(
    "asks every orderer once before any twice, and none twice in a row where there is another",
    (seed, addresses) => {
      const rotation = new PullRotation(new SeededRandom(seed));
      let last: string | undefined;
      for (let round = 0; round < 3; round += 1) {
        const chosen = addresses.map(() => rotation.next(addresses));
        expect(new Set(chosen)).toEqual(new Set(addresses));
        if (addresses.length > 1) expect(chosen[0]).not.toBe(last);
        last = chosen.at(-1);
      }
    },
  );

  test("follows a list that changes", () => {
    const rotation = new PullRotation(new SeededRandom(1));
    rotation.next(["a", "b"]);
    expect(rotation.next(["c"])).toBe("c");
    expect(rotation.next([])).toBeUndefined();
  });
});
