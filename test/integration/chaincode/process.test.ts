import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { packageFolder } from "../../../src/chaincode/adapters/package-folder.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { publicKey } from "../../unit/chaincode/memory-state.ts";
import { ChaincodeWorld } from "./chaincode-world.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

describe("the unmodified shim as a child process", () => {
  let world: ChaincodeWorld;

  beforeAll(async () => {
    world = await ChaincodeWorld.start();
    await world.deploy(
      "probe",
      await packageFolder(`${ROOT}test/fixtures/contracts/probe`, "probe_1"),
    );
  });

  beforeEach(() => {
    world.state.discard();
  });

  afterAll(async () => {
    await world.close();
  });

  test("values are written and read back after they are committed", async () => {
    await world.submit("put", "a", "one");
    expect(await world.submit("get", "a")).toBe("one");
    expect(await world.submit("get", "absent")).toBe("");
  });

  test("a transaction does not read its own writes", async () => {
    await world.submit("put", "own", "before");
    expect(await world.submit("putThenGet", "own", "after")).toBe("before");
    expect(await world.submit("get", "own")).toBe("after");
  });

  test("a range over 250 keys comes in batches and reads every row once", async () => {
    await world.submit("fill", "250");
    world.state.rowsRead = 0;
    expect(await world.submit("countRange", "key0000", "key9999")).toBe("250");
    expect(world.state.rowsRead).toBe(250);
    expect(world.state.openIterators).toBe(0);
  });

  test("a contract that stops after one row has read 101, as every Fabric endorser records", async () => {
    await world.submit("fill", "250");
    world.state.rowsRead = 0;
    await world.submit("firstOfRange");
    expect(world.state.rowsRead).toBe(101);
    expect(world.state.openIterators).toBe(0);
  });

  test("composite keys are found by their prefix and stay out of plain ranges", async () => {
    await world.submit("putComposite", "owner", "Ann", "asset1");
    await world.submit("putComposite", "owner", "Ann", "asset2");
    await world.submit("putComposite", "owner", "Bob", "asset3");
    expect(JSON.parse(await world.submit("listComposite", "owner", "Ann"))).toEqual([
      ["Ann", "asset1"],
      ["Ann", "asset2"],
    ]);
    const before = await world.submit("countRange", "", "");
    await world.submit("putComposite", "owner", "Cid", "asset4");
    expect(await world.submit("countRange", "", "")).toBe(before);
  });

  test("an event carries the chaincode's name and the transaction's id", async () => {
    const result = await world.execute({ args: ["emit", "made", "payload"] });
    expect(result).toMatchObject({
      ok: true,
      event: { chaincodeId: "probe", eventName: "made", payload: utf8("payload") },
    });
    expect(result.ok && result.event?.txId).toMatch(/^tx\d+$/);
  });

  test("the contract sees its caller, its channel and transient data, and nothing of the peer's environment", async () => {
    const result = await world.execute({
      args: ["describe"],
      channelId: "ch7",
      transient: { secret: "value" },
    });
    if (!result.ok) throw new Error(result.message);
    const seen = JSON.parse(new TextDecoder().decode(result.response.payload)) as {
      environment: string[];
    };
    expect(seen).toMatchObject({
      channel: "ch7",
      mspId: "Org1MSP",
      creator: "Org1MSP",
      transient: { secret: "value" },
    });
    const foreign = seen.environment.filter((name) => !/^(PATH|CORE_|GRPC_SSL_)/.test(name));
    expect(foreign).toEqual([]);
  });

  test("what a contract refuses is a response of status 500 with its text", async () => {
    const result = await world.execute({ args: ["fail", "no such luck"] });
    expect(result).toMatchObject({
      ok: true,
      response: { status: 500, message: "no such luck" },
    });
  });

  test("private data of an implicit collection is written and read", async () => {
    await world.submit("putSecret", "_implicit_org_Org1MSP", "k", "hidden");
    expect(await world.submit("getSecret", "_implicit_org_Org1MSP", "k")).toBe("hidden");
  });

  test("private data of an undefined collection is refused with a reason", async () => {
    const result = await world.execute({ args: ["getSecret", "nowhere", "k"] });
    expect(result.ok && result.response.message).toMatch(
      /^GET_STATE failed: transaction ID: tx\d+: collection ch1\/probe\/nowhere could not be found$/,
    );
  });

  test("what the peer does not support is refused with a reason, and the transaction goes on", async () => {
    const result = await world.execute({ args: ["history", "a"] });
    expect(result.ok && result.response.message).toMatch(
      /^GET_HISTORY_FOR_KEY failed: transaction ID: tx\d+: the history of a key is not supported/,
    );
  });

  test("a hundred transactions on two channels run in one process at a time", async () => {
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        world.execute({ args: ["processId"], channelId: `ch${String(index % 2)}` }),
      ),
    );
    const processIds = new Set(
      results.map((result) =>
        result.ok ? new TextDecoder().decode(result.response.payload) : result.message,
      ),
    );
    expect(processIds.size).toBe(1);
  });

  test("a crash fails the transactions in flight, and the next one finds a new process", async () => {
    const before = await world.submit("processId");
    const [sleeping, crashing] = await Promise.all([
      world.execute({ args: ["sleep", "10000"] }),
      world.execute({ args: ["crash"] }),
    ]);
    for (const result of [sleeping, crashing]) {
      expect(result.ok ? "" : result.message).toMatch(
        /^failed to execute transaction tx\d+: error sending: chaincode stream terminated$/,
      );
    }
    expect(await world.submit("processId")).not.toBe(before);
  });

  test("a client that goes away ends the wait", async () => {
    await world.submit("processId");
    const client = new AbortController();
    const pending = world.execute({ args: ["sleep", "10000"], signal: client.signal });
    client.abort();
    expect(await pending).toMatchObject({ ok: false });
  });
});

describe("deadlines", () => {
  test("an execution that takes too long fails; a process that says nothing meanwhile is killed", async () => {
    const world = await ChaincodeWorld.start({ executeTimeoutMs: 1_000 });
    try {
      await world.deploy(
        "probe",
        await packageFolder(`${ROOT}test/fixtures/contracts/probe`, "probe_1"),
      );
      const before = await world.submit("processId");
      const result = await world.execute({ args: ["hang"] });
      expect(result.ok ? "" : result.message).toMatch(
        /^failed to execute transaction tx\d+: error sending: timeout expired while executing transaction$/,
      );
      expect(await world.submit("processId")).not.toBe(before);
      expect(await isRunning(Number(before))).toBe(false);
    } finally {
      await world.close();
    }
  });

  test("a process that does not register in time is killed and the launch fails", async () => {
    const world = await ChaincodeWorld.start({ startupTimeoutMs: 1 });
    try {
      await world.deploy(
        "probe",
        await packageFolder(`${ROOT}test/fixtures/contracts/probe`, "probe_1"),
      );
      const result = await world.execute({ args: ["processId"] });
      expect(result.ok ? "" : result.message).toMatch(
        /could not launch chaincode probe_1:.*timeout/,
      );
    } finally {
      await world.close();
    }
  });
});

describe("initialisation", () => {
  test("a contract that asks for it is initialised first, once", async () => {
    const world = await ChaincodeWorld.start();
    try {
      const bytes = await packageFolder(`${ROOT}test/fixtures/contracts/probe`, "probe_1");
      await world.deploy("probe", bytes, { initRequired: true });
      const early = await world.execute({ args: ["get", "initialised"] });
      expect(early.ok ? "" : early.message).toContain("must call as init first");
      expect(await world.execute({ args: ["init"], isInit: true })).toMatchObject({ ok: true });
      world.state.commit();
      expect(await world.submit("get", "initialised")).toBe("by Init");
      expect(world.state.committed.get(publicKey("probe", "\u0000\u{10ffff}initialized"))).toEqual(
        utf8("1.0"),
      );
      const again = await world.execute({ args: ["init"], isInit: true });
      expect(again.ok ? "" : again.message).toContain("is already initialized but called as init");
    } finally {
      await world.close();
    }
  });
});

async function isRunning(processId: number): Promise<boolean> {
  const status = await readFile(`/proc/${String(processId)}/stat`, "utf8").catch(() => undefined);
  // A zombie has ended; its parent has only not asked yet.
  return status !== undefined && !status.includes(") Z ");
}
