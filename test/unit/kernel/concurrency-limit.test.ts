import { describe, expect, test } from "vitest";
import { ConcurrencyLimit } from "../../../src/kernel/concurrency-limit.ts";

describe("a concurrency limit", () => {
  test("refuses what is too much and takes more once a place is free", async () => {
    const limit = new ConcurrencyLimit("/protos.Endorser", 1);
    let finish: () => void = () => undefined;
    const first = limit.run(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(limit.running).toBe(1);
    await expect(limit.run(() => Promise.resolve())).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: "too many requests for /protos.Endorser, exceeding concurrency limit (1)",
    });
    finish();
    await first;
    expect(await limit.run(() => Promise.resolve("taken"))).toBe("taken");
  });

  test("frees the place of work that failed", async () => {
    const limit = new ConcurrencyLimit("/protos.Endorser", 1);
    const failing = limit.run(() => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(limit.running).toBe(0);
  });
});
