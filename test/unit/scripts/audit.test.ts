import { describe, expect, test } from "vitest";
import { audit, isClean, type AuditedBlock } from "../../../scripts/chaos-kill/audit.ts";

/** A whole chain in which block n holds the transactions of the n-th list. */
function chainOf(...transactionIds: readonly (readonly string[])[]): AuditedBlock[] {
  return transactionIds.map((ids, number) => ({
    number,
    hash: `hash ${number}`,
    previousHash: number === 0 ? "" : `hash ${number - 1}`,
    contentHash: `content ${number} ${ids.join(" ")}`,
    isDataIntact: true,
    transactionIds: ids,
  }));
}

const WHOLE = chainOf([], ["a", "b"], ["c"]);

function report(blocks: readonly AuditedBlock[], acknowledged: readonly string[] = ["a", "c"]) {
  const chains = [
    { orderer: "one", blocks: WHOLE },
    { orderer: "two", blocks },
  ];
  return audit(chains, acknowledged);
}

describe("an audit", () => {
  test("finds nothing wrong with equal chains, nor with one that is behind", () => {
    expect(isClean(report(WHOLE))).toBe(true);
    const behind = report(WHOLE.slice(0, 2));
    expect(isClean(behind)).toBe(true);
    expect(behind).toMatchObject({ heights: { one: 3, two: 2 }, ordered: 3 });
  });

  test("finds what was acknowledged and is in no chain", () => {
    const found = report(WHOLE, ["a", "d"]);
    expect(found.lost).toEqual(["d"]);
    expect(isClean(found)).toBe(false);
  });

  test("finds a transaction that is ordered twice, in one block or in two", () => {
    expect(report(chainOf([], ["a", "b"], ["a"])).doubled).toEqual(["a at two"]);
    expect(report(chainOf([], ["a", "a"])).doubled).toEqual(["a at two"]);
  });

  test("finds another block at the same height", () => {
    const found = report(chainOf([], ["a", "x"], ["c"]));
    expect(found.forks).toEqual(["block 1 of two is not that of the longest chain"]);
  });

  test.each<{ fault: string; change: Partial<AuditedBlock> }>([
    { fault: "is number 5", change: { number: 5 } },
    { fault: "does not follow the one before", change: { previousHash: "hash 9" } },
    { fault: "has other data than its header says", change: { isDataIntact: false } },
  ])("finds a block that $fault", ({ fault, change }) => {
    const [first, second, third] = WHOLE;
    const found = report([first!, { ...second!, ...change }, third!]);
    expect(found.broken).toEqual([`block 1 of two ${fault}`]);
    expect(isClean(found)).toBe(false);
  });
});
