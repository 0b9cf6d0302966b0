/**
 * A bank whose money is known: the contract of the workload, given as functions. Whatever the network does, the accounts
 * hold together what they were opened with.
 */

import type { Collection } from "../../network/client/index.ts";

/** Name of the contract, and so the namespace of its keys. */
export const BANK = "bank";

/** Keys that begin so hold balances, as decimal text. */
export const ACCOUNT_PREFIX = "account:";

/** Keys that begin so are written without being read. */
export const NOTE_PREFIX = "note:";

/** Key that every `count` reads and writes: of those in one block only the first is valid. */
export const COUNTER_KEY = "counter";

/** Collections of private data: of both organisations, and of the first one alone. */
export const BANK_COLLECTIONS: readonly Collection[] = [
  {
    name: "shared",
    policy: "OR('Org1MSP.member','Org2MSP.member')",
    requiredPeerCount: 1,
    maxPeerCount: 3,
  },
  { name: "first", policy: "OR('Org1MSP.member')", maxPeerCount: 3 },
];

/** What the bank asks of the peer that runs it; reads see the state before the transaction. */
export interface BankContext {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  private(collection: string): {
    put(key: string, value: string): Promise<void>;
    delete(key: string): Promise<void>;
    hash(key: string): Promise<string | undefined>;
  };
}

type BankFunction = (context: BankContext, ...args: string[]) => Promise<string>;

/** The bank's functions by name. What they throw refuses the transaction. */
export const BANK_CONTRACT: Readonly<
  Record<
    "open" | "transfer" | "balance" | "count" | "note" | "forget" | "hide" | "reseal" | "burn",
    BankFunction
  >
> = {
  /** `open COUNT EACH`: makes all accounts; refused when there are any. */
  open: async (context, count = "0", each = "0") => {
    if ((await context.get(accountKey(0))) !== undefined) throw new Error("the bank is open");
    for (let index = 0; index < Number(count); index += 1) {
      await context.put(accountKey(index), each);
    }
    return count;
  },

  /** `transfer FROM TO AMOUNT`: account numbers; refused when the account does not hold so much. */
  transfer: async (context, from = "", to = "", amount = "") => {
    const [source, target] = [accountKey(from), accountKey(to)];
    const balances = [await balanceOf(context, source), await balanceOf(context, target)] as const;
    const moved = Number(amount);
    if (balances[0] < moved) throw new Error(`${source} holds ${balances[0]}`);
    if (source === target) return amount;
    await context.put(source, String(balances[0] - moved));
    await context.put(target, String(balances[1] + moved));
    return amount;
  },

  /** `balance ACCOUNT`: reads only. */
  balance: async (context, account = "") => String(await balanceOf(context, accountKey(account))),

  /** `count`: increases the counter that everybody wants. */
  count: async (context) => {
    const next = String(Number((await context.get(COUNTER_KEY)) ?? "0") + 1);
    await context.put(COUNTER_KEY, next);
    return next;
  },

  /** `note NAME TEXT`: writes without reading, so nothing conflicts. */
  note: async (context, name = "", text = "") => {
    await context.put(`${NOTE_PREFIX}${name}`, text);
    return text;
  },

  /** `forget NAME`: deletes without reading. */
  forget: async (context, name = "") => {
    await context.delete(`${NOTE_PREFIX}${name}`);
    return name;
  },

  /** `hide COLLECTION NAME TEXT`: writes privately without reading. */
  hide: async (context, collection = "", name = "", text = "") => {
    await context.private(collection).put(name, text);
    return name;
  },

  /** `reseal COLLECTION NAME TEXT`: reads the hash first, so that of two in one block only one is valid. */
  reseal: async (context, collection = "", name = "", text = "") => {
    const hash = (await context.private(collection).hash(name)) ?? "";
    await context.private(collection).put(name, `${text} after ${hash}`);
    return hash;
  },

  /** `burn COLLECTION NAME`: deletes privately without reading. */
  burn: async (context, collection = "", name = "") => {
    await context.private(collection).delete(name);
    return name;
  },
};

/** Where the balance of an account is kept. */
export function accountKey(account: number | string): string {
  return `${ACCOUNT_PREFIX}${account}`;
}

async function balanceOf(context: BankContext, key: string): Promise<number> {
  const balance = await context.get(key);
  if (balance === undefined) throw new Error(`there is no ${key}`);
  return Number(balance);
}
