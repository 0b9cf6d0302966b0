import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { NEWS_HEARD_ENOUGH } from "../../../../gossip/core/limits.ts";
import { Rumors } from "../../../../gossip/core/rumors.ts";

describe("rumors", () => {
  test("are told a bounded number of times, new ones first", () => {
    const rumors = new Rumors<string>({ toldMax: 2, queueMax: 10 });
    rumors.add("a", "a");
    rumors.add("b", "b");
    expect(rumors.take(2)).toEqual(["a", "b"]);
    rumors.add("c", "c");
    expect(rumors.take(2)).toEqual(["c", "a"]);
    expect(rumors.take(2)).toEqual(["b", "c"]);
    expect(rumors.take(2)).toEqual([]);
  });

  test("that others tell often enough are told no more", () => {
    const rumors = new Rumors<string>({ toldMax: 2, queueMax: 10 });
    rumors.add("a", "a");
    for (let count = 1; count < NEWS_HEARD_ENOUGH; count += 1) {
      expect(rumors.heard("a")).toBe(false);
    }
    expect(rumors.heard("a")).toBe(true);
    expect(rumors.take(9)).toEqual([]);
  });

  test.prop([fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 200 })])(
    "never wait in greater number, nor are told in greater number, than allowed",
    (steps) => {
      const rumors = new Rumors<number>({ toldMax: 3, queueMax: 5 });
      const waiting = new Set<string>();
      for (const [number, isRound] of steps) {
        const key = String(number);
        if (isRound) {
          expect(rumors.take(2, (dropped) => waiting.delete(dropped)).length).toBeLessThanOrEqual(
            3,
          );
        } else {
          waiting.add(key);
          const dropped = rumors.add(key, number);
          if (dropped !== undefined) waiting.delete(dropped);
        }
        expect(rumors.size).toBeLessThanOrEqual(5);
        expect(rumors.size).toBe(waiting.size);
      }
    },
  );
});
