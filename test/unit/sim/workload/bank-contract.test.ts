import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import {
  ACCOUNT_PREFIX,
  BANK_CONTRACT,
  type BankContext,
} from "../../../../src/sim/workload/bank-contract.ts";

/** A state of one's own: what a function reads is what all before it have written. */
class Vault implements BankContext {
  readonly values: Map<string, string> = new Map();
  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.values.get(key));
  }
  put(key: string, value: string): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
  delete(key: string): Promise<void> {
    this.values.delete(key);
    return Promise.resolve();
  }
  get total(): number {
    const accounts = [...this.values].filter(([key]) => key.startsWith(ACCOUNT_PREFIX));
    return accounts.reduce((sum, [, balance]) => sum + Number(balance), 0);
  }
}

describe("the bank", () => {
  test("opens once", async () => {
    const vault = new Vault();
    await BANK_CONTRACT.open(vault, "3", "100");
    expect(vault.total).toBe(300);
    await expect(BANK_CONTRACT.open(vault, "3", "100")).rejects.toThrow("the bank is open");
  });

  const account = fc.integer({ min: 0, max: 3 });
  test.prop([fc.array(fc.tuple(account, account, fc.integer({ min: 1, max: 90 })))])(
    "neither makes nor loses money, and overdraws nobody",
    async (transfers) => {
      const vault = new Vault();
      await BANK_CONTRACT.open(vault, "4", "100");
      for (const [from, to, amount] of transfers) {
        await BANK_CONTRACT.transfer(vault, String(from), String(to), String(amount)).catch(
          (error: unknown) => {
            expect(String(error)).toMatch(/holds/);
          },
        );
      }
      expect(vault.total).toBe(400);
      expect([...vault.values.values()].every((balance) => Number(balance) >= 0)).toBe(true);
    },
  );

  test("refuses accounts that are not there", async () => {
    await expect(BANK_CONTRACT.transfer(new Vault(), "0", "1", "5")).rejects.toThrow(
      "there is no account:0",
    );
  });
});
