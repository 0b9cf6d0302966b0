import { describe, expect, test } from "vitest";
import { OPEN_HELLOS_MAX, PULL_ITEMS_MAX } from "../../../../gossip/core/limits.ts";
import { PullRounds, PullService } from "../../../../gossip/core/pull.ts";
import { SeededRandom } from "../../../sim/gossip/seeded-random.ts";

const TIMES = { digestWaitMs: 100, requestWaitMs: 150, responseWaitMs: 200 };
const lacksAll = (): boolean => true;

function rounds(): PullRounds {
  return new PullRounds(TIMES, new SeededRandom(1));
}

describe("the side that pulls", () => {
  test("asks as soon as all have offered, each item at one of its owners", () => {
    const pull = rounds();
    const [a, b] = pull.begin(["a", "b"], 0);
    pull.digest("a", a!.nonce, ["1", "2"], lacksAll);
    expect(pull.requests(10)).toEqual([]);
    pull.digest("b", b!.nonce, ["2", "3"], (item) => item !== "3");
    const requests = pull.requests(10);
    expect(requests.flatMap(({ items }) => items).sort((x, y) => (x < y ? -1 : 1))).toEqual([
      "1",
      "2",
    ]);
    for (const { to, nonce } of requests) expect(nonce).toBe((to === "a" ? a : b)!.nonce);
  });

  test("asks without the silent ones when the time for digests is over", () => {
    const pull = rounds();
    const [a] = pull.begin(["a", "silent"], 0);
    pull.digest("a", a!.nonce, ["1"], lacksAll);
    expect(pull.requests(99)).toEqual([]);
    expect(pull.requests(100)).toMatchObject([{ to: "a", items: ["1"] }]);
    expect(pull.requests(101)).toEqual([]);
  });

  test("takes no digest with a guessed nonce, none of a stranger and none twice", () => {
    const pull = rounds();
    const [a, b] = pull.begin(["a", "b"], 0);
    pull.digest("a", "12345", ["guessed"], lacksAll);
    pull.digest("c", a!.nonce, ["strange"], lacksAll);
    pull.digest("b", a!.nonce, ["swapped"], lacksAll);
    pull.digest("a", a!.nonce, ["first"], lacksAll);
    pull.digest("a", a!.nonce, ["second"], lacksAll);
    pull.digest("b", b!.nonce, [], lacksAll);
    expect(pull.requests(1).flatMap(({ items }) => items)).toEqual(["first"]);
  });

  test("takes the update that it asked for, once and in time", () => {
    const pull = rounds();
    const [a] = pull.begin(["a"], 0);
    expect(pull.expects("a", a!.nonce, 0)).toBe(false);
    pull.digest("a", a!.nonce, ["1"], lacksAll);
    pull.requests(10);
    expect(pull.expects("b", a!.nonce, 20)).toBe(false);
    expect(pull.expects("a", a!.nonce, 20)).toBe(true);
    expect(pull.expects("a", a!.nonce, 20)).toBe(false);
  });

  test("takes no update that comes too late", () => {
    const pull = rounds();
    const [a] = pull.begin(["a"], 0);
    pull.digest("a", a!.nonce, ["1"], lacksAll);
    pull.requests(10);
    expect(pull.expects("a", a!.nonce, 211)).toBe(false);
  });

  test("asks for a bounded number of items, however many are offered", () => {
    const pull = rounds();
    const [a] = pull.begin(["a"], 0);
    pull.digest(
      "a",
      a!.nonce,
      Array.from({ length: 5_000 }, (_, i) => `${i}`),
      lacksAll,
    );
    expect(pull.requests(1)[0]!.items).toHaveLength(PULL_ITEMS_MAX);
  });
});

describe("the side that serves", () => {
  test("serves one request for each hello, to whoever said it", () => {
    const service = new PullService(TIMES);
    expect(service.request("a", "7", 0)).toBe(false);
    expect(service.hello("a", "7", 0)).toBe(true);
    expect(service.request("b", "7", 1)).toBe(false);
    expect(service.request("a", "7", 1)).toBe(true);
    expect(service.request("a", "7", 1)).toBe(false);
  });

  test("forgets a hello after a while", () => {
    const service = new PullService(TIMES);
    service.hello("a", "7", 0);
    expect(service.request("a", "7", 151)).toBe(false);
  });

  test("ignores further hellos while too many are open, and recovers", () => {
    const service = new PullService(TIMES);
    for (let count = 0; count < OPEN_HELLOS_MAX; count += 1) service.hello("a", `${count}`, 0);
    expect(service.hello("b", "1", 100)).toBe(false);
    expect(service.hello("b", "1", 151)).toBe(true);
  });
});
