import { describe, expect, test } from "vitest";
import type {
  Contract,
  ContractContext,
  ContractResult,
  KeyValue,
} from "../../../../src/contract/index.ts";
import { RepeatedContracts } from "../../../../src/sim/workload/repeated-contract.ts";

/** A peer's answers, of one transaction. */
function contextOf(state: Readonly<Record<string, string>>): ContractContext {
  const rows = async function* (): AsyncGenerator<KeyValue, void, undefined> {
    for (const [key, value] of Object.entries(state)) yield await Promise.resolve({ key, value });
  };
  return {
    channelId: "ch",
    transactionId: "tx",
    transient: () => "sent along",
    private: () => ({
      get: (key) => Promise.resolve(state[key]),
      put: () => Promise.resolve(),
      delete: () => Promise.resolve(),
      hash: (key) => Promise.resolve(key in state ? "00" : undefined),
    }),
    get: (key) => Promise.resolve(state[key]),
    put: () => Promise.resolve(),
    delete: () => Promise.resolve(),
    range: rows,
    compositeKey: (...parts) => parts.join("~"),
    splitCompositeKey: () => ({ objectType: "", attributes: [] }),
    compositeRange: rows,
    emit: () => undefined,
    call: (chaincode) =>
      chaincode === "strict" ? Promise.reject(new Error("no")) : Promise.resolve("yes"),
  };
}

/** What is found when each function is called once. */
async function findingOf(contract: Contract, later?: () => void): Promise<string | undefined> {
  const contracts = new RepeatedContracts(later ?? ((): void => undefined));
  for (const run of Object.values(contracts.of("mine", contract))) {
    await Promise.resolve(run(contextOf({ a: "1", b: "2" }), "x")).catch(() => undefined);
  }
  return contracts.take().whim;
}

describe("a contract that is run again on the same answers", () => {
  test("and does the same is fine, whatever it asks for", async () => {
    const finding = await findingOf({
      all: async (context, key = "") => {
        await context.put(key, (await context.get("a")) ?? "");
        for await (const row of context.range()) if (row.key === "a") break;
        for await (const row of context.range()) await context.put(`${key}${row.key}`, row.value);
        for await (const row of context.compositeRange("t")) await context.delete(row.key);
        const prices = context.private("prices");
        await prices.put(key, `${await prices.get("a")} ${await prices.hash("b")}`);
        await prices.delete("b");
        context.emit("done", await context.call("lax", "f"));
        return "ok";
      },
      refusing: async (context) => context.call("strict", "f"),
      throwing: () => {
        throw new Error("always");
      },
      both: async (context) => {
        await Promise.all(
          ["a", "b"].map(async (key) => context.put(key, (await context.get(key)) ?? "")),
        );
      },
    });
    expect(finding).toBeUndefined();
  });

  test.each<[string, Contract]>([
    ["writes another value", counting((context, count) => context.put("k", count))],
    [
      "writes another private value",
      counting((context, count) => context.private("prices").put("k", count)),
    ],
    ["asks for other private keys", counting((context, count) => context.private("p").get(count))],
    ["asks for other hashes", counting((context, count) => context.private("p").hash(count))],
    ["answers otherwise", counting((_, count) => Promise.resolve(count))],
    [
      "emits something else",
      counting((context, count) => {
        context.emit(count);
        return Promise.resolve();
      }),
    ],
    ["asks for other keys", counting((context, count) => context.get(count))],
    ["refuses in other words", counting((_, count) => Promise.reject(new Error(count)))],
  ])("and %s is found", async (_, contract) => {
    expect(await findingOf(contract)).toMatch(/^mine\.run\(x\) is not deterministic: it did \{/);
  });

  test("is found when it reads a clock", async () => {
    let nowMs = 0;
    const contract: Contract = { run: async (context) => context.put("at", String(nowMs)) };
    expect(await findingOf(contract)).toBeUndefined();
    expect(await findingOf(contract, () => (nowMs += 1))).toContain("is not deterministic");
  });

  test("is not blamed for a peer that does not answer", async () => {
    const contracts = new RepeatedContracts(() => undefined);
    const { run } = contracts.of("mine", {
      run: async (context) => context.put("k", (await context.get("a")) ?? ""),
    });
    const gone = { ...contextOf({}), put: () => Promise.reject(new Error("it ended")) };
    await expect(run!(gone)).rejects.toThrow("it ended");
    expect(contracts.take()).toEqual({ whim: undefined, runs: 1, refusals: [] });
  });
});

test("what contracts refuse is counted by function and message, the most frequent first", async () => {
  const contracts = new RepeatedContracts(() => undefined);
  const { no, never, fine } = contracts.of("mine", {
    no: () => Promise.reject(new Error("no")),
    never: () => Promise.reject(new Error("never")),
    fine: () => "fine",
  });
  for (const run of [no, never, fine, never]) {
    await Promise.resolve(run!(contextOf({}))).catch(() => undefined);
  }
  const refusals = [
    { refusal: "mine.never: never", count: 2 },
    { refusal: "mine.no: no", count: 1 },
  ];
  expect(contracts.take()).toEqual({ whim: undefined, runs: 4, refusals });
  expect(contracts.take()).toEqual({ whim: undefined, runs: 0, refusals: [] });
});

/** A contract with a memory. */
function counting(
  run: (context: ContractContext, count: string) => Promise<ContractResult>,
): Contract {
  let count = 0;
  return { run: (context) => run(context, String((count += 1))) };
}
