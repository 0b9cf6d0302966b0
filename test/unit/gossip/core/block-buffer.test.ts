import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { BlockBuffer, type Candidate } from "../../../../gossip/core/block-buffer.ts";
import {
  BUFFER_BLOCKS_MAX,
  BUFFER_BYTES_MAX,
  CANDIDATES_PER_BLOCK_MAX,
} from "../../../../gossip/core/limits.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";

function candidate(from: string, content = from): Candidate {
  return { from, route: "push", bytes: utf8(content) };
}

describe("the buffer", () => {
  test("gives out the next block of the ledger, whatever the order of arrival", () => {
    const buffer = new BlockBuffer(5);
    buffer.add(6, candidate("a"));
    expect(buffer.next()).toBeUndefined();
    buffer.add(5, candidate("b"));
    expect(buffer.next()?.from).toBe("b");
    buffer.advance(6);
    expect(buffer.next()?.from).toBe("a");
  });

  test("refuses what the ledger has and what is out of reach", () => {
    const buffer = new BlockBuffer(5);
    expect(buffer.add(4, candidate("a"))).toBe(false);
    expect(buffer.add(5 + BUFFER_BLOCKS_MAX, candidate("a"))).toBe(false);
    expect(buffer.add(4 + BUFFER_BLOCKS_MAX, candidate("a"))).toBe(true);
  });

  test("keeps a few different candidates of a number, one of each sender", () => {
    const buffer = new BlockBuffer(0);
    expect(buffer.add(0, candidate("a", "same"))).toBe(true);
    expect(buffer.add(0, candidate("b", "same"))).toBe(false);
    expect(buffer.add(0, candidate("a", "another"))).toBe(false);
    for (let index = 1; index < CANDIDATES_PER_BLOCK_MAX; index += 1) {
      expect(buffer.add(0, candidate(`c${index}`))).toBe(true);
    }
    expect(buffer.add(0, candidate("too many"))).toBe(false);
  });

  test("forgets everything of a sender, and the next candidate takes its place", () => {
    const buffer = new BlockBuffer(0);
    buffer.add(0, candidate("liar"));
    buffer.add(0, candidate("honest"));
    buffer.add(1, candidate("liar"));
    buffer.dropFrom("liar");
    expect(buffer.next()?.from).toBe("honest");
    expect(buffer.has(1)).toBe(false);
  });

  test("gives up the farthest blocks when there are too many bytes, never the next", () => {
    const buffer = new BlockBuffer(0);
    const big = (from: string): Candidate => ({
      from,
      route: "push",
      bytes: new Uint8Array(BUFFER_BYTES_MAX / 2 + from.length),
    });
    expect(buffer.add(2, big("a"))).toBe(true);
    expect(buffer.add(0, big("bb"))).toBe(true);
    expect([buffer.has(0), buffer.has(2)]).toEqual([true, false]);
    expect(buffer.add(1, big("ccc"))).toBe(false);
  });
});

const action = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    number: fc.nat(120),
    from: fc.constantFrom("a", "b", "c", "d"),
    content: fc.constantFrom("x", "y"),
  }),
  fc.record({ kind: fc.constant("advance" as const), height: fc.nat(120) }),
  fc.record({ kind: fc.constant("drop" as const), from: fc.constantFrom("a", "b") }),
);

test.prop([fc.array(action, { maxLength: 200 })])(
  "it holds only numbers within reach of a height that never shrinks",
  (actions) => {
    const buffer = new BlockBuffer(0);
    for (const step of actions) {
      const before = buffer.height;
      if (step.kind === "add") buffer.add(step.number, candidate(step.from, step.content));
      if (step.kind === "advance") buffer.advance(step.height);
      if (step.kind === "drop") buffer.dropFrom(step.from);
      expect(buffer.height).toBeGreaterThanOrEqual(before);
      expect(buffer.count).toBeLessThanOrEqual(BUFFER_BLOCKS_MAX);
      for (let number = 0; number < buffer.height; number += 1) {
        expect(buffer.has(number)).toBe(false);
      }
    }
  },
);
