import { afterEach, describe, expect, test } from "vitest";
import { Status } from "../../../src/wire/index.ts";
import { TestNetwork } from "./harness.ts";
import { OrdererLoad, committedIds } from "./orderer-load.ts";

/** A client that waits longer would think that the channel stands. */
const STALL_MS_MAX = 10_000;

interface Listing {
  readonly leader: string | null;
  readonly pending: unknown;
  readonly orderers: readonly { readonly name: string; readonly health: string }[];
}

let network: TestNetwork | undefined;
let load: OrdererLoad | undefined;

afterEach(async () => {
  await load?.stop().catch(() => undefined);
  await network?.close();
  network = undefined;
  load = undefined;
});

async function list(running: TestNetwork): Promise<Listing> {
  const { stdout } = await running.run("orderer", "list", "--json");
  return JSON.parse(stdout) as Listing;
}

/** Nothing that was acknowledged is missing, and nothing is there twice. */
async function expectAllThere(directory: string, acknowledged: readonly string[]): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(10);
  const newest = acknowledged.at(-1)!;
  let ids: readonly string[] = [];
  await network!.until("the peer has the newest transaction", async () => {
    ids = await committedIds(directory);
    return ids.includes(newest);
  });
  const found = ids.filter((id) => id !== "");
  expect(new Set(found).size).toBe(found.length);
  expect(acknowledged.filter((id) => !found.includes(id))).toEqual([]);
}

describe("a cluster that is changed while it runs", () => {
  test("grows from three to four, loses one, is led by another and drained, and loses no transaction", async () => {
    network = await TestNetwork.start({ peersPerOrganization: 1 });
    const { directory } = network;
    load = await OrdererLoad.start(directory, ["orderer.example.com", "orderer3.example.com"]);
    const added = await network.must("orderer", "add");
    expect(added).toMatchObject({ event: "added", name: "orderer4.example.com" });
    expect(load.takeLongestMs()).toBeLessThan(STALL_MS_MAX);
    await network.must("orderer", "remove", "orderer2", "--yes");
    expect(load.takeLongestMs()).toBeLessThan(STALL_MS_MAX);
    const after = await list(network);
    expect(after.pending).toBeNull();
    expect(after.orderers.map(({ name, health }) => [name, health])).toEqual([
      ["orderer.example.com", "ok"],
      ["orderer3.example.com", "ok"],
      ["orderer4.example.com", "ok"],
    ]);
    expect(await network.must("orderer", "replace", "orderer3")).toMatchObject({
      event: "replaced",
      channels: [{ raftId: 3 }],
    });
    await network.must("orderer", "transfer-leader", "--to", "orderer4");
    expect((await list(network)).leader).toBe("orderer4.example.com");
    expect(await network.must("orderer", "drain", "orderer4")).toMatchObject({
      drained: true,
      leads: [],
    });
    const refused = await load.send("orderer4.example.com");
    expect([refused.status, refused.info]).toEqual([
      Status.SERVICE_UNAVAILABLE,
      "this orderer is drained and takes no transactions: send them to another",
    ]);
    expect((await list(network)).leader).not.toBe("orderer4.example.com");
    await network.must("orderer", "drain", "orderer4", "--undo");
    expect((await load.send("orderer4.example.com")).status).toBe(Status.SUCCESS);
    expect(load.takeLongestMs()).toBeLessThan(STALL_MS_MAX);
    await load.stop();
    await expectAllThere(directory, load.acknowledged);
  }, 120_000);

  test("grows from one to two without a stall, keeps the quorum against its operator, and is recovered when it is lost", async () => {
    network = await TestNetwork.start({ peersPerOrganization: 1, orderers: 1 });
    const { directory } = network;
    load = await OrdererLoad.start(directory, ["orderer.example.com"]);
    const last = await network.run("orderer", "remove", "orderer", "--yes");
    expect([last.code, last.stderr]).toEqual([1, expect.stringContaining("last orderer")]);
    await network.must("orderer", "add");
    expect(load.takeLongestMs()).toBeLessThan(STALL_MS_MAX);
    await network.until("an acknowledgement of two", () =>
      Promise.resolve(load!.acknowledged.length > 10),
    );
    const recover = ["orderer", "recover", "--channel", "mychannel"];
    recover.push("--force-new-cluster", "orderer", "--yes-i-may-lose-transactions");
    const early = await network.run(...recover);
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("has a leader")]);
    await load.stop();
    process.kill(await network.pidOf("orderer2.example.com"), "SIGKILL");
    await network.until("the loss is noticed", async () => (await list(network!)).leader === null);
    const asked = await network.run(...recover.slice(0, -1), "--json");
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining("nobody can be asked")]);
    expect(await network.must(...recover)).toMatchObject({
      name: "orderer.example.com",
      forecast: { voters: [1, 2], cutOffIds: [2] },
      others: [{ raftId: 2, state: "down" }],
    });
    expect((await load.send("orderer.example.com")).status).toBe(Status.SUCCESS);
    await network.must("orderer", "remove", "orderer2", "--yes");
    await network.must("orderer", "add", "--name", "orderer2");
    expect((await load.send("orderer2.example.com")).status).toBe(Status.SUCCESS);
    await expectAllThere(directory, load.acknowledged);
  }, 120_000);
});
