import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  committedIndex,
  jointCommittedIndex,
  jointVoteResult,
  voteResult,
} from "../../../../cluster/raft/quorum.ts";

const voterSets = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 });

describe("a majority", () => {
  test.prop([voterSets, fc.dictionary(fc.integer({ min: 1, max: 9 }).map(String), fc.nat(20))])(
    "commits the largest index that more than half have acknowledged",
    (ids, indexes) => {
      const acknowledged = (id: number): number | undefined => indexes[String(id)];
      const isOnMajority = (index: number): boolean =>
        ids.filter((id) => (acknowledged(id) ?? 0) >= index).length * 2 > ids.length;
      const committed = committedIndex(new Set(ids), acknowledged);
      if (ids.length === 0) {
        expect(committed).toBe(Infinity);
      } else {
        expect(isOnMajority(committed)).toBe(true);
        expect(isOnMajority(committed + 1)).toBe(false);
      }
    },
  );

  test.prop([voterSets, fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()))])(
    "is won or lost exactly when the missing votes cannot change it",
    (ids, answers) => {
      const votes = new Map(answers);
      const missing = ids.filter((id) => !votes.has(id));
      const withRest = (rest: boolean): boolean => {
        const granted = ids.filter((id) => votes.get(id) ?? rest).length;
        return granted * 2 > ids.length || ids.length === 0;
      };
      const expected = withRest(false) ? "won" : withRest(true) ? "pending" : "lost";
      expect(voteResult(new Set(ids), votes)).toBe(expected);
      if (missing.length === 0) expect(expected).not.toBe("pending");
    },
  );
});

describe("a joint configuration", () => {
  const joint = { voters: new Set([1, 2, 3]), votersOutgoing: new Set([3, 4, 5]) };

  test("commits what both halves have committed, and no more", () => {
    const acknowledged: Record<number, number> = { 1: 9, 2: 9, 3: 4, 4: 7, 5: 2 };
    expect(jointCommittedIndex(joint, (id) => acknowledged[id])).toBe(4);
    const alone = { voters: joint.voters, votersOutgoing: new Set<number>() };
    expect(jointCommittedIndex(alone, (id) => acknowledged[id])).toBe(9);
  });

  test("elects whom both halves elect, and refuses whom one refuses", () => {
    const votesOf = (granted: number[], refused: number[] = []): Map<number, boolean> =>
      new Map([
        ...granted.map((id) => [id, true] as const),
        ...refused.map((id) => [id, false] as const),
      ]);
    expect(jointVoteResult(joint, votesOf([1, 2, 3]))).toBe("pending");
    expect(jointVoteResult(joint, votesOf([1, 3, 4]))).toBe("won");
    expect(jointVoteResult(joint, votesOf([1, 2, 3], [4, 5]))).toBe("lost");
  });
});
