/** Chaos on a network in a test's process. */
import { chaos, startNetwork } from "heddle/testing";
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
