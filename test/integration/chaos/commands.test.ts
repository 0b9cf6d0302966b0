/** `heddle chaos` on a network of real processes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { TestNetwork } from "../network/harness.ts";
import { chaosStatusOf, SLOW_MACHINE_MS, withNetwork } from "./chaos-network.ts";

/** So many that a few which were under way do not count. */
const SENT_COUNT_MIN = 20;

let net: TestNetwork;

withNetwork((started) => {
  net = started;
});

describe("chaos", { timeout: SLOW_MACHINE_MS }, () => {
  test("cuts, fills and heals", async () => {
    await net.must("chaos", "partition", "orderer1|orderer2,orderer3");
    expect((await chaosStatusOf(net, "orderer.example.com"))?.faults?.links).toHaveLength(2);
    await net.must("chaos", "disk-full", "orderer2");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.faults).toMatchObject({
      links: [{ peer: "orderer.example.com" }],
      disk: { full: true },
    });
    await net.must("chaos", "heal");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.faults).toMatchObject({
      links: [],
      disk: { full: false },
    });
    await net.must("chaos", "partition", "org1|orderers,org2", "--one-way");
    expect((await chaosStatusOf(net, "peer0.org1.example.com"))?.faults?.links).toHaveLength(4);
    await net.must("chaos", "heal");
  });

  test("takes a fault back after its time, and leaves those from before", async () => {
    await net.must("chaos", "slow-disk", "orderer3", "20ms");
    await net.must("chaos", "isolate", "orderer3", "--for", "200ms");
    expect((await chaosStatusOf(net, "orderer3.example.com"))?.faults).toMatchObject({
      links: [],
      disk: { syncDelayMs: 20 },
    });
    await net.must("chaos", "heal");
  });

  test("fails, rots and sets clocks wrong, and takes it back", async () => {
    await net.must("chaos", "fail-disk", "orderer3", "--for", "1ms");
    await net.must("chaos", "corrupt", "peer0.org1", "5");
    await net.must("chaos", "clock-skew", "peer0.org1", "10m", "--back");
    await net.must("chaos", "reset", "orderer2", "orderer3");
    expect((await chaosStatusOf(net, "orderer3.example.com"))?.faults?.disk).toMatchObject({
      failSync: false,
    });
    expect((await chaosStatusOf(net, "peer0.org1.example.com"))?.faults).toMatchObject({
      disk: { corruptReads: 0.05 },
      clock: { offsetMs: -600_000 },
    });
    await net.must("chaos", "heal");
    expect((await chaosStatusOf(net, "peer0.org1.example.com"))?.faults).toMatchObject({
      disk: { corruptReads: 0 },
      clock: { offsetMs: 0 },
    });
  });

  test("repeats and swaps messages, and takes it back", async () => {
    await net.must("chaos", "duplicate", "orderer2", "20");
    await net.must("chaos", "reorder", "orderer2", "30");
    const jumbled = { duplicate: 0.2, reorder: 0.3, loss: 0 };
    const links = [{ peer: "orderer2.example.com", out: jumbled, in: jumbled }];
    expect((await chaosStatusOf(net, "orderer3.example.com"))?.faults).toMatchObject({ links });
    expect((await net.run("chaos", "status")).stdout).toContain("20 % repeated 30 % overtaken");
    await net.must("chaos", "heal");
    expect((await chaosStatusOf(net, "orderer3.example.com"))?.faults).toMatchObject({ links: [] });
  });

  test("lets a peer receive twice what the other one sends", async () => {
    const counts = async (): Promise<{ readonly sent: number; readonly received: number }> => ({
      sent: (await net.metric("peer0.org1.example.com", "gossip_comm_messages_sent")) ?? 0,
      received: (await net.metric("peer0.org2.example.com", "gossip_comm_messages_received")) ?? 0,
    });
    await net.must("chaos", "duplicate", "peer0.org1", "100");
    const before = await counts();
    const grown = await vi.waitUntil(
      async () => {
        const { sent, received } = await counts();
        const grownBy = { sent: sent - before.sent, received: received - before.received };
        return grownBy.sent >= SENT_COUNT_MIN && grownBy;
      },
      { timeout: 60_000, interval: 50 },
    );
    expect(grown.received).toBeGreaterThan(1.5 * grown.sent);
    await net.must("chaos", "heal");
  });

  test("pauses, kills and starts processes", async () => {
    await net.must("chaos", "pause", "orderer2");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.state).toBe("paused");
    await net.must("chaos", "heal");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.state).toBe("up");
    await net.must("chaos", "kill", "orderer2");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.state).toBe("down");
    const twice = await net.run("chaos", "kill", "orderer2");
    expect(twice.stderr).toContain("orderer2.example.com is down");
    await net.must("chaos", "restart", "orderer2");
    expect((await chaosStatusOf(net, "orderer2.example.com"))?.state).toBe("up");
  });

  test("refuses what it does not understand, with the cure", async () => {
    const lone = await net.run("chaos", "partition", "orderer1");
    expect(lone).toMatchObject({ code: 2 });
    expect(lone.stderr).toContain("expected groups such as");
    const unknown = await net.run("chaos", "isolate", "orderer9");
    expect(unknown).toMatchObject({ code: 1 });
    expect(unknown.stderr).toContain("orderer9 is no node; the network has orderer.example.com");
  });

  test("runs a scenario, finds it sound and writes what happened", async () => {
    const out = join(net.directory, "report");
    const run = (await net.must("chaos", "run", "leader-kill", "--out", out)) as {
      readonly isSound: boolean;
      readonly acknowledged: number;
    };
    expect(run.isSound).toBe(true);
    expect(run.acknowledged).toBeGreaterThan(0);
    expect(await readFile(join(out, "report.md"), "utf8")).toContain("| kill orderer");
    expect(await readFile(join(out, "timeline.svg"), "utf8")).toContain("<svg");
  });
});
