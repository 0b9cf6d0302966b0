import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { judge, type LedgerBlock, type PeerLedger } from "../../../../src/network/chaos/history.ts";

function chain(...contents: readonly (readonly string[])[]): readonly LedgerBlock[] {
  return contents.map((valid, number) => ({
    number,
    headerHash: `h${number}`,
    commitHash: `c${number}`,
    valid,
  }));
}

function twins(blocks: readonly LedgerBlock[]): readonly PeerLedger[] {
  return [
    { peer: "a", blocks },
    { peer: "b", blocks },
  ];
}

function acknowledged(
  ...ids: readonly string[]
): { startMs: number; endMs: number; transactionId: string }[] {
  return ids.map((transactionId) => ({ startMs: 0, endMs: 1, transactionId }));
}

function kinds(...args: Parameters<typeof judge>): readonly string[] {
  return judge(...args).map(({ kind }) => kind);
}

describe("a history", () => {
  property.prop([fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 5 })])(
    "is sound when every acknowledged transaction is in every ledger once",
    (ids, size) => {
      const contents = Array.from({ length: size }, (_, block) =>
        ids.filter((_id, index) => index % size === block),
      );
      expect(judge(acknowledged(...ids), twins(chain(...contents)))).toEqual([]);
    },
  );

  test("with transactions that nobody was promised is sound", () => {
    expect(judge([{ startMs: 0, endMs: 1 }], twins(chain(["t"])))).toEqual([]);
  });

  test("that lost an acknowledged transaction is not, at each peer", () => {
    expect(kinds(acknowledged("t", "u"), twins(chain(["t"])))).toEqual(["lost", "lost"]);
  });

  test("with a transaction in two blocks is not", () => {
    expect(kinds([], twins(chain(["t"], ["t"])))).toEqual(["duplicate", "duplicate"]);
  });

  test("with a transaction before what was acknowledged when it began is not", () => {
    const early = { startMs: 2, endMs: 3, transactionId: "early" };
    const late = { startMs: 0, endMs: 1, transactionId: "late" };
    expect(kinds([early, late], twins(chain(["early"], ["late"])))).toEqual(["order", "order"]);
    expect(kinds([early, late], twins(chain(["early", "late"])))).toEqual(["order", "order"]);
    expect(kinds([early, late], twins(chain(["late"], ["early"])))).toEqual([]);
  });

  test("with two transactions at the same time is sound in both orders", () => {
    const attempts = [
      { startMs: 0, endMs: 2, transactionId: "t" },
      { startMs: 2, endMs: 4, transactionId: "u" },
    ];
    expect(kinds(attempts, twins(chain(["t"], ["u"])))).toEqual([]);
    expect(kinds(attempts, twins(chain(["u"], ["t"])))).toEqual([]);
  });

  property.prop([
    fc.array(fc.record({ startMs: fc.nat(30), length: fc.nat(10), block: fc.nat(6) })),
  ])("is sound in its order just where no two are the wrong way round", (drawn) => {
    const contents = Array.from({ length: 7 }, (_, block) =>
      drawn.flatMap((each, index) => (each.block === block ? [`t${index}`] : [])),
    );
    const attempts = drawn.map(({ startMs, length }, index) => ({
      startMs,
      endMs: startMs + length,
      transactionId: `t${index}`,
    }));
    const isTooEarly = drawn.some((late) =>
      drawn.some((one) => one.startMs + one.length < late.startMs && one.block >= late.block),
    );
    expect(kinds(attempts, twins(chain(...contents))).includes("order")).toBe(isTooEarly);
  });

  test("with two chains, two commit hashes or two heights is not", () => {
    const blocks = chain([], ["t"]);
    const against = (other: readonly LedgerBlock[]): readonly string[] =>
      kinds(
        [],
        [
          { peer: "a", blocks },
          { peer: "b", blocks: other },
        ],
      );
    const last = blocks.at(-1)!;
    expect(against([blocks[0]!, { ...last, headerHash: "x" }])).toEqual(["fork"]);
    expect(against([blocks[0]!, { ...last, commitHash: "x" }])).toEqual(["commit hash"]);
    expect(against(blocks.slice(0, 1))).toEqual(["height"]);
  });

  test("with a gap in a ledger, or without a ledger, is not", () => {
    expect(kinds([], twins(chain([], ["t"]).slice(1)))).toEqual(["gap", "gap"]);
    expect(kinds([], [])).toEqual(["height"]);
  });
});
