/** A whole network in this process: it comes and goes without a trace, bears faults, and keeps what it acknowledged. */
import { connect } from "@hyperledger/fabric-gateway";
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNetwork, type Contract, type TestNetwork } from "../../../src/testing/index.ts";

const SLOW_MACHINE_MS = 180_000;
const root = fileURLToPath(new URL("../../..", import.meta.url));

const keys: Contract = {
  put: async (context, key = "", value = "") => {
    await context.put(key, value);
    return `put ${key}`;
  },
  get: async (context, key = "") => (await context.get(key)) ?? "absent",
  remove: async (context, key = "") => {
    await context.delete(key);
    return undefined;
  },
  refuse: () => {
    throw new Error("this contract refuses");
  },
  fill: async (context, owner = "", count = "0") => {
    for (let index = 0; index < Number(count); index += 1) {
      const number = String(index).padStart(4, "0");
      await context.put(context.compositeKey("owned", owner, number), number);
      await context.put(`${owner}-${number}`, number);
    }
    context.emit("filled", owner);
  },
  owned: async (context, owner = "") => {
    const found: string[] = [];
    for await (const { key } of context.compositeRange("owned", owner)) {
      found.push(context.splitCompositeKey(key).attributes[1] ?? "");
    }
    return found.join(",");
  },
  between: async (context, start = "", end = "") => {
    const found: string[] = [];
    for await (const { key, value } of context.range(start, end)) found.push(`${key}=${value}`);
    return found.join(",");
  },
};

/** Passes calls on to `keys`. */
const front: Contract = {
  put: async (context, key = "", value = "") => {
    await context.put("last", key);
    return context.call("keys", "put", key, value);
  },
  refuse: (context) => context.call("keys", "refuse"),
};

let net: TestNetwork;

beforeAll(async () => {
  net = await startNetwork({ orderers: 3 });
  await net.deploy({ name: "keys", contract: keys });
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

describe("a network in a test's process", { timeout: SLOW_MACHINE_MS }, () => {
  test("commits transactions of a contract that is written in the test", async () => {
    const org1 = net.client("Org1");
    expect((await org1.submit("keys", "put", "a", "1")).result).toBe("put a");
    await net.level();
    expect(await net.client("Org2").evaluate("keys", "get", "a")).toBe("1");
    await org1.submit("keys", "remove", "a");
    expect(await org1.evaluate("keys", "get", "a")).toBe("absent");
  });

  test("refuses what the contract refuses, and functions that it lacks", async () => {
    const org1 = net.client("Org1");
    await expect(org1.submit("keys", "refuse")).rejects.toThrow("this contract refuses");
    await expect(org1.evaluate("keys", "nothing")).rejects.toThrow("there is no function nothing");
  });

  test("reads ranges of plain and of composite keys, over many batches", async () => {
    const org1 = net.client("Org1");
    await org1.submit("keys", "fill", "ann", "250");
    const numbers = Array.from({ length: 250 }, (_, index) => String(index).padStart(4, "0"));
    expect(await org1.evaluate("keys", "owned", "ann")).toBe(numbers.join(","));
    expect(await org1.evaluate("keys", "owned", "an")).toBe("");
    expect(await org1.evaluate("keys", "between", "ann-0001", "ann-0003")).toBe(
      "ann-0001=0001,ann-0002=0002",
    );
  });

  test("calls other contracts in one transaction, and is told when they refuse", async () => {
    await net.deploy({ name: "front", contract: front });
    const org1 = net.client("Org1");
    expect((await org1.submit("front", "put", "called", "1")).result).toBe("put called");
    expect(await org1.evaluate("keys", "get", "called")).toBe("1");
    await expect(org1.submit("front", "refuse")).rejects.toThrow("keys refuses: this contract");
  });

  test("emits events that Fabric's own client hears", async () => {
    const gateway = connect(net.gatewayOptions("Org1"));
    try {
      const network = gateway.getNetwork(net.channelId);
      const startBlock = BigInt(await net.level());
      await net.client("Org1").submit("keys", "fill", "bob", "1");
      const events = await network.getChaincodeEvents("keys", { startBlock });
      for await (const { eventName, payload } of events) {
        expect([eventName, new TextDecoder().decode(payload)]).toEqual(["filled", "bob"]);
        break;
      }
      events.close();
    } finally {
      gateway.close();
    }
  });

  test("serves Fabric's own client", async () => {
    const gateway = connect(net.gatewayOptions("Org1"));
    try {
      const contract = gateway.getNetwork(net.channelId).getContract("keys");
      await contract.submitTransaction("put", "fabric", "yes");
      const answer = await contract.evaluateTransaction("get", "fabric");
      expect(new TextDecoder().decode(answer)).toBe("yes");
    } finally {
      gateway.close();
    }
  });

  test("elects another leader while its leader is cut off, and agrees again when it heals", async () => {
    const before = await net.leader();
    const others = net.orderers.filter((name) => name !== before);
    await net.partition([[before ?? ""], others]);
    await until(async () => {
      const leader = await net.leader();
      return leader !== undefined && leader !== before;
    });
    await net.heal();
    await net.client("Org1").submit("keys", "put", "healed", "1");
    await net.level();
    expect(await net.client("Org2").evaluate("keys", "get", "healed")).toBe("1");
  });

  test("goes on without an orderer that is killed, and takes it back", async () => {
    const victim = (await net.leader()) ?? "";
    await net.kill(victim);
    expect((await net.heights()).has(victim)).toBe(false);
    await until(async () => (await net.leader()) !== undefined);
    await net.client("Org1").submit("keys", "put", "killed", "1");
    await net.restart(victim);
    await net.level();
    expect((await net.heights()).has(victim)).toBe(true);
  });

  test("brings a peer level that was down", async () => {
    await net.kill("peer0.org2");
    // The majority of two organisations is both: nothing can be endorsed while one is away.
    await expect(net.client("Org1").submit("keys", "put", "x", "1")).rejects.toThrow();
    await net.restart("peer0.org2");
    await net.untilReady();
    await until(() =>
      net
        .client("Org1")
        .submit("keys", "put", "back", "1")
        .then(
          () => true,
          () => false,
        ),
    );
    await net.level();
  });

  test("stops ordering at an orderer whose disk is full, and only there", async () => {
    await net.disk("orderer3", { full: true });
    await net.client("Org1").submit("keys", "put", "full", "1");
    await net.heal();
    await net.level();
  });

  test("stops committing at a peer whose disk is full, and goes on there when it has room", async () => {
    await net.disk("peer0.org2", { full: true });
    await net.client("Org1").submit("keys", "put", "full", "2");
    await net.client("Org1").submit("keys", "put", "full", "3");
    expect(await net.client("Org2").evaluate("keys", "get", "full")).toBe("1");
    await net.heal();
    await net.level();
    expect(await net.client("Org2").evaluate("keys", "get", "full")).toBe("3");
  });

  test("names what it does not know", async () => {
    await expect(async () => net.kill("orderer9")).rejects.toThrow("orderer9 is no node");
    expect(() => net.client("Org9")).toThrow("there is no organisation Org9");
    await expect(startNetwork({ orderers: 8 })).rejects.toThrow("orderers is 8; choose 1 to 7");
  });
});

describe("two networks in one process", { timeout: SLOW_MACHINE_MS }, () => {
  test("do not meet", async () => {
    await using second = await startNetwork();
    await second.deploy({ name: "keys", contract: keys });
    await second.client("Org1").submit("keys", "put", "where", "second");
    await net.client("Org1").submit("keys", "put", "where", "first");
    expect(await second.client("Org1").evaluate("keys", "get", "where")).toBe("second");
    expect(await net.client("Org1").evaluate("keys", "get", "where")).toBe("first");
  });

  test("leave no handle that keeps the process alive, no file and no listener", async () => {
    const program = `
      import { startNetwork } from "heddle/testing";
      const nets = await Promise.all([startNetwork(), startNetwork()]);
      await nets[0].deploy({ name: "keys", contract: { ping: () => "pong" } });
      await nets[0].kill("peer0.org2");
      console.log(nets.map((net) => net.directory).join("\\n"));
      await Promise.all(nets.map((net) => net.close()));
    `;
    // It ends by itself or not at all.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", program],
      { cwd: root, timeout: SLOW_MACHINE_MS / 2 },
    );
    const directories = stdout.trim().split("\n");
    expect(directories).toHaveLength(2);
    for (const directory of directories) await expect(access(directory)).rejects.toThrow("ENOENT");
  });
});

describe("starting and closing", { timeout: SLOW_MACHINE_MS }, () => {
  test("take no longer than a test can wait", async ({ annotate }) => {
    const starts: number[] = [];
    const ends: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const startMs = performance.now();
      const each = await startNetwork();
      const startedMs = performance.now();
      await each.close();
      starts.push(startedMs - startMs);
      ends.push(performance.now() - startedMs);
    }
    await annotate(`started in ${least(starts)} ms, closed in ${least(ends)} ms (least of 3)`);
    // 1,500 and 300 ms are what a quiet machine takes; one that runs all tests at once takes its time.
    expect(least(starts)).toBeLessThan(15_000);
    expect(least(ends)).toBeLessThan(5_000);
  });
});

function least(values: readonly number[]): number {
  return Math.round(Math.min(...values));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + SLOW_MACHINE_MS / 2;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error("it did not come about in time");
    await delay(20);
  }
}
