import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  PRIVATE_DIGESTS_MAX,
  PrivateSearch,
  chooseRecipients,
} from "../../../../gossip/core/index.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";

describe("a search for private sets", () => {
  test("asks each set of one peer at a time, in bounded questions", () => {
    const wanted = Array.from({ length: 25 }, (_, index) => ({
      id: `s${index}`,
      sources: ["a", "b"],
    }));
    const search = new PrivateSearch(wanted);
    const questions = search.takeQuestions();
    expect(questions.map(({ to, ids }) => [to, ids.length])).toEqual([["a", PRIVATE_DIGESTS_MAX]]);
    expect(search.takeQuestions().flatMap(({ ids }) => ids)).not.toContain("s0");
  });

  test("goes on to the next peer when one has not what it should have, and gives up behind the last", () => {
    const search = new PrivateSearch([{ id: "s", sources: ["a", "b"] }]);
    const [first] = search.takeQuestions();
    expect(first).toEqual({ to: "a", ids: ["s"] });
    search.answered(first!, new Set());
    const [second] = search.takeQuestions();
    expect(second).toEqual({ to: "b", ids: ["s"] });
    search.answered(second!, new Set());
    expect(search.isOver).toBe(true);
    expect(search.takeQuestions()).toEqual([]);
  });

  test("tries a silent peer once more, behind the others", () => {
    const search = new PrivateSearch([{ id: "s", sources: ["a", "b"] }]);
    const asked: string[] = [];
    while (!search.isOver) {
      for (const question of search.takeQuestions()) {
        asked.push(question.to);
        search.silent(question);
      }
    }
    expect(asked).toEqual(["a", "b", "a", "b"]);
  });

  property.prop([
    fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }), { maxLength: 40 }),
    fc.integer(),
  ])(
    "ends after a bounded number of questions, and misses nothing that a peer has",
    (sources, seed) => {
      const random = new SeededRandom(seed);
      const wanted = sources.map((each, index) => ({ id: `s${index}`, sources: each.map(String) }));
      const isHolder = (peer: string, id: string): boolean => (Number(peer) + id.length) % 3 === 0;
      const search = new PrivateSearch(wanted);
      const found = new Set<string>();
      let count = 0;
      while (!search.isOver) {
        for (const question of search.takeQuestions()) {
          count += 1;
          expect(count).toBeLessThan(2_000);
          const isSilent = question.to === "5" && random.below(2) === 0;
          if (isSilent) {
            search.silent(question);
            continue;
          }
          const held = question.ids.filter((id) => isHolder(question.to, id));
          for (const id of held) found.add(id);
          search.answered(question, new Set(held));
        }
      }
      for (const { id, sources: peers } of wanted) {
        const isReachable = peers.some((peer) => peer !== "5" && isHolder(peer, id));
        if (isReachable) expect(found).toContain(id);
      }
    },
  );
});

describe("the recipients of a private set", () => {
  const eligible = ["a1", "a2", "a3", "b1", "c1"].map((peer) => ({
    peer,
    mspId: peer.slice(0, 1),
  }));

  test("are of as many organisations as there are", () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const chosen = chooseRecipients(eligible, 3, new SeededRandom(seed));
      expect(new Set(chosen.map((peer) => peer.slice(0, 1)))).toEqual(new Set(["a", "b", "c"]));
    }
  });

  test("are never more than wanted, and each one once", () => {
    expect(chooseRecipients(eligible, 0, new SeededRandom(1))).toEqual([]);
    expect(new Set(chooseRecipients(eligible, 9, new SeededRandom(1))).size).toBe(5);
  });
});
