/** Real processes that lose their power, or die in the middle of what they write. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TestNetwork } from "../network/harness.ts";
import { chaosStatusOf, SLOW_MACHINE_MS, withNetwork } from "./chaos-network.ts";

interface ChaosRun {
  readonly isSound: boolean;
  readonly acknowledged: number;
  readonly violations: readonly unknown[];
  readonly recoveries: readonly { readonly fault: string; readonly afterHealMs?: number }[];
}

interface LogLine {
  readonly msg: string;
  readonly unflushedChanges?: number;
}

let net: TestNetwork;

withNetwork((started) => {
  net = started;
});

/** What all nodes have logged with this message. */
async function logged(message: string): Promise<readonly LogLine[]> {
  const { nodes } = await net.status();
  const logs = await Promise.all(
    nodes.map(({ name }) => readFile(join(net.directory, "nodes", name, "node.log"), "utf8")),
  );
  return logs
    .flatMap((log) => log.split("\n").filter((line) => line.startsWith("{")))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ msg }) => msg === message);
}

describe("nodes that die", { timeout: SLOW_MACHINE_MS }, () => {
  test("by a loss of power are gone at once, and come back after its time", async () => {
    const pid = await net.pidOf("orderer2.example.com");
    const done = await net.must("chaos", "power-loss", "orderer2", "--seed", "3", "--for", "1ms");
    expect(done).toMatchObject({ done: "took the power of orderer2 (seed 3)", takenBack: true });
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.state).toBe("up");
    expect(await net.pidOf("orderer2.example.com")).not.toBe(pid);
    expect(await logged("the loss of power was not simulated to its end")).toEqual([]);
    expect(await logged("the power goes")).toHaveLength(1);
    // An end in order would have said so.
    expect(await logged("the node ends")).toEqual([]);
  });

  test("at a step wait for it, and are told no more when it is taken back", async () => {
    await net.must("chaos", "crash-at", "orderer3", "record of a join flushed");
    expect(await chaosStatusOf(net, "orderer3.example.com")).toMatchObject({
      state: "up",
      faults: { failpoints: [{ step: "record of a join flushed", moment: "after" }] },
    });
    expect((await net.run("chaos", "status")).stdout).toContain(
      'dies after "record of a join flushed"',
    );
    await net.must("chaos", "heal");
    expect((await chaosStatusOf(net, "orderer3.example.com"))?.faults?.failpoints).toEqual([]);
    const passed = ["crash-at", "orderer3", "record of a join flushed", "--before", "--for", "1ms"];
    await net.must("chaos", ...passed);
    expect(await chaosStatusOf(net, "orderer3.example.com")).toMatchObject({
      state: "up",
      faults: { failpoints: [] },
    });
  });

  test("are chosen among those that there are, and so are their steps", async () => {
    const typo = await net.run("chaos", "crash-at", "orderer1", "log segment flusht");
    expect(typo).toMatchObject({ code: 1 });
    expect(typo.stderr).toContain('did you mean "log segment made"');
    const foreign = await net.run("chaos", "crash-at", "peer0.org1", "log segment flushed");
    expect(foreign.stderr).toContain("is no durable step of a peer");
    const nowhere = await net.run("chaos", "power-loss", "orderer9");
    expect(nowhere.stderr).toContain("orderer9 is no node");
    await net.must("chaos", "kill", "orderer3");
    for (const command of [
      ["power-loss", "orderer3"],
      ["crash-at", "orderer3", "log folder made"],
    ]) {
      const down = await net.run("chaos", ...command);
      expect(down).toMatchObject({ code: 1 });
      expect(down.stderr).toContain("orderer3.example.com is down");
    }
    await net.must("chaos", "restart", "orderer3");
  });

  test("without power, alone or all at once, lose nothing that was acknowledged", async () => {
    const before = (await logged("the power goes")).length;
    const run = (await net.must("chaos", "run", "power-loss")) as ChaosRun;
    expect(run).toMatchObject({ isSound: true, violations: [] });
    expect(run.acknowledged).toBeGreaterThan(10);
    expect(run.recoveries.map(({ fault }) => fault.replace(/ \S+\.example\.com/, " …"))).toEqual([
      "power-loss …",
      "the power of all orderers goes",
      "power-loss …",
      "the power of all peers goes",
    ]);
    // The leader, three orderers, a peer, two peers.
    expect((await logged("the power goes")).length - before).toBe(7);
  });

  test("in the middle of what they write lose nothing that was acknowledged", async () => {
    const before = await logged("the power goes");
    const run = (await net.must("chaos", "run", "failpoints")) as ChaosRun;
    expect(run).toMatchObject({ isSound: true, violations: [] });
    expect(run.acknowledged).toBeGreaterThan(10);
    // Steps of every block come under load: each of them was taken.
    expect(await logged("dies at a failpoint")).toHaveLength(6);
    const losses = (await logged("the power goes")).filter((line) =>
      before.every((earlier) => JSON.stringify(earlier) !== JSON.stringify(line)),
    );
    expect(losses).toHaveLength(3);
    // What was written a moment ago was not flushed: there was something to lose.
    expect(losses.every(({ unflushedChanges = 0 }) => unflushedChanges > 0)).toBe(true);
    expect(await logged("the loss of power was not simulated to its end")).toEqual([]);
  });
});
