import { simulate, type Contract, type Workload } from "heddle/testing";
import { describe, expect, test } from "vitest";

/** A busy machine takes minutes for what a quiet one does in seconds. */
const TIMEOUT_MS = 300_000;

const SEATS = 5;

const seats: Contract = {
  book: async (context, seat = "", guest = "") => {
    if ((await context.get(`seat:${seat}`)) !== undefined) throw new Error(`${seat} is taken`);
    await context.put(`seat:${seat}`, guest);
    await context.put("sold", String(Number((await context.get("sold")) ?? "0") + 1));
  },
  cancel: async (context, seat = "") => {
    if ((await context.get(`seat:${seat}`)) === undefined) throw new Error(`${seat} is free`);
    await context.delete(`seat:${seat}`);
    await context.put("sold", String(Number((await context.get("sold")) ?? "0") - 1));
  },
};

const workload: Workload = {
  call: (random) => {
    const seat = String(random.below(SEATS));
    return random.below(2) === 0
      ? { contract: "seats", fn: "book", args: [seat, `guest ${random.below(100)}`] }
      : { contract: "seats", fn: "cancel", args: [seat] };
  },
  violationIn: (stateOf) => {
    const state = stateOf("seats");
    const taken = [...state.keys()].filter((key) => key.startsWith("seat:")).length;
    const sold = Number(state.get("sold") ?? "0");
    return sold === taken ? undefined : `${sold} seats are sold and ${taken} are taken`;
  },
};

describe("a simulated network with a contract of one's own", () => {
  test(
    "keeps what the contract promises, under the faults of a seed",
    async () => {
      const calls: string[] = [];
      const report = await simulate({
        seed: 2,
        chaosMs: 60_000,
        contracts: { seats },
        workload,
        onLine: (line) => {
          if (/ client (book|cancel) .*acknowledged \w+ code 0/.test(line)) calls.push(line);
        },
      });
      expect(report.violations).toEqual([]);
      expect(calls.length).toBeGreaterThan(3);
    },
    TIMEOUT_MS,
  );

  test(
    "says at which height of which peer a promise is broken",
    async () => {
      const careless: Contract = {
        ...seats,
        cancel: (context, seat = "") => context.delete(`seat:${seat}`),
      };
      const { violations } = await simulate({
        seed: 2,
        chaosMs: 60_000,
        contracts: { seats: careless },
        workload,
      });
      expect(violations).toEqual([
        expect.stringMatching(
          /^own promise: \d+ seats are sold and \d+ are taken, at peer\d, height \d+$/,
        ),
      ]);
    },
    TIMEOUT_MS,
  );
});
