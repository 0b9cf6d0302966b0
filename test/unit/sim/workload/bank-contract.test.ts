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
  private(collection: string): ReturnType<BankContext["private"]> {
    const at = (key: string): string => `${collection}/${key}`;
    return {
      put: (key, value) => this.put(at(key), value),
      delete: (key) => this.delete(at(key)),
      hash: (key) => this.get(at(key)),
    };
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

  test("hides, seals again and burns what only some may see", async () => {
    const vault = new Vault();
    await BANK_CONTRACT.hide(vault, "shared", "a", "1");
    await BANK_CONTRACT.reseal(vault, "shared", "a", "2");
    await BANK_CONTRACT.hide(vault, "first", "a", "3");
    expect([...vault.values]).toEqual([
      ["shared/a", "2 after 1"],
      ["first/a", "3"],
    ]);
    await BANK_CONTRACT.burn(vault, "shared", "a");
    expect([...vault.values.keys()]).toEqual(["first/a"]);
  });

  test("refuses accounts that are not there", async () => {
    await expect(BANK_CONTRACT.transfer(new Vault(), "0", "1", "5")).rejects.toThrow(
      "there is no account:0",
    );
  });
});
