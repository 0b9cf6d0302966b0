/** Chaos on a network in a test's process. */
import { setTimeout as delay } from "node:timers/promises";
import { chaos, startNetwork, type TestNetwork } from "heddle/testing";
import { expect, test } from "vitest";

const SLOW_MACHINE_MS = 300_000;

test(
  "a leader that hears nobody costs nothing that was acknowledged",
  async () => {
    await using net = await startNetwork({ orderers: 3 });
    const seen: string[] = [];
    const onStep = (text: string): number => seen.push(text);
    const report = await chaos(net, { scenario: "quorum-loss", onStep });
    expect(report).toMatchObject({ isSound: true, violations: [] });
    expect(report.verdict).toContain("nothing acknowledged was lost or doubled");
    expect(seen.join()).toContain("all hear the leader, who hears nobody");
    await expect(chaos(net, { scenario: "leader-pause" })).rejects.toThrow("pauses a process");
    await expect(chaos(net, { scenario: "triangle" })).rejects.toThrow("takes 5 orderers");
  },
  SLOW_MACHINE_MS,
);

async function untilDown(net: TestNetwork, name: string): Promise<void> {
  while ((await net.heights()).has(name)) await delay(5);
}

test(
  "power that goes and nodes that die at a step cost nothing that was acknowledged",
  async () => {
    await using net = await startNetwork({ orderers: 3 });
    for (const scenario of ["power-loss", "failpoints"]) {
      const report = await chaos(net, { scenario });
      expect(report).toMatchObject({ isSound: true, violations: [] });
    }
  },
  SLOW_MACHINE_MS,
);

test(
  "a node loses its power, or dies at a step, and is started again",
  async () => {
    await using net = await startNetwork({ orderers: 3 });
    await net.deploy({ name: "keys", contract: { put: (context, key) => context.put(key, "1") } });
    const put = (key: string): Promise<unknown> => net.client("Org1").submit("keys", "put", key);
    const leader = (await net.leader()) ?? "";
    await net.losePower(leader, { seed: 7 });
    expect((await net.heights()).has(leader)).toBe(false);
    await expect(net.losePower(leader)).rejects.toThrow("does not run");
    await net.restart(leader);
    await net.untilReady();
    await net.crashAt("peer0.org2", "state batch written", { powerLoss: { seed: 1 } });
    await put("a").catch(() => undefined);
    await untilDown(net, "peer0.org2.example.com");
    await net.restart("peer0.org2");
    await net.untilReady();
    await put("b");
    await net.level();
    await net.crashAt("orderer2", "log segment flushed", { moment: "before" });
    await net.heal();
    await put("c");
    expect((await net.heights()).size).toBe(net.nodes.length);
    expect(() => net.crashAt("orderer2", "state batch written")).toThrow("no durable step");
  },
  SLOW_MACHINE_MS,
);
