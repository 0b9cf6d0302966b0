/** Partitions in the kernel: every node has a network namespace. Takes root on Linux with iproute2. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestNetwork } from "../network/harness.ts";

const SLOW_MACHINE_MS = 300_000;

function canMakeNamespaces(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const name = `heddle-try-${process.pid}`;
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
    execFileSync("ip", ["netns", "delete", name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

interface ChaosStatus {
  readonly nodes: readonly {
    readonly name: string;
    readonly faults?: { readonly links: readonly { readonly peer: string }[] };
  }[];
}

describe.skipIf(!canMakeNamespaces())(
  "a network of namespaces (takes root on Linux, and iproute2)",
  { timeout: SLOW_MACHINE_MS },
  () => {
    const namespaces = (): string => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
    let before: string;
    let net: TestNetwork;

    beforeAll(async () => {
      before = namespaces();
      net = await TestNetwork.start({ peersPerOrganization: 1, namespaces: true });
    }, SLOW_MACHINE_MS);

    afterAll(async () => {
      await net.close();
      expect(namespaces()).toBe(before);
    }, SLOW_MACHINE_MS);

    test("shows its cuts, and takes them back", async () => {
      const cutOff = async (): Promise<readonly string[]> => {
        const { nodes } = (await net.must("chaos", "status")) as ChaosStatus;
        return nodes.flatMap(({ name, faults }) => ((faults?.links.length ?? 0) > 0 ? [name] : []));
      };
      await net.must("chaos", "partition", "orderer1|orderer2");
      expect(await cutOff()).toEqual(["orderer.example.com", "orderer2.example.com"]);
      await net.must("chaos", "isolate", "peer0.org1", "--for", "1ms");
      expect(await cutOff()).toEqual(["orderer.example.com", "orderer2.example.com"]);
      await net.must("chaos", "heal");
      expect(await cutOff()).toEqual([]);
    });

    test("refuses faults that only nodes could have, with the cure", async () => {
      const refused = await net.run("chaos", "disk-full", "orderer2");
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain("make one without --namespaces");
    });

    test("goes on while the leader is cut off from everybody, and loses nothing", async () => {
      const run = (await net.must("chaos", "run", "flapping")) as {
        readonly isSound: boolean;
        readonly acknowledged: number;
      };
      expect(run.isSound).toBe(true);
      expect(run.acknowledged).toBeGreaterThan(0);
    });
  },
);
