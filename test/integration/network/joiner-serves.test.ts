/** A peer that is far behind gives away the blocks that it has while it still fetches others. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { BLOCKS_IN_COMMIT_MAX } from "../../../src/committer/limits.ts";
import { startNetwork, type Contract, type TestNetwork } from "../../../src/testing/index.ts";

const SLOW_MACHINE_MS = 180_000;
const JOINER = "peer0.org1.example.com";
const ASKER = "peer1.org1.example.com";
const LEVEL = "peer2.org1.example.com";
/** Above `CATCH_UP_LAG_MIN`: whoever lacks fewer does not catch up in ranges. */
const LAG = 30;

const notes: Contract = {
  write: async (context, key = "") => {
    await context.put(key, "written");
    return undefined;
  },
};

async function heightOf(net: TestNetwork, name: string): Promise<number> {
  return (await net.heights()).get(name) ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

/** Through the peer that stays: a block each. */
async function grow(net: TestNetwork, blocks: number): Promise<void> {
  const client = net.client("Org1", { peer: LEVEL });
  const target = (await heightOf(net, LEVEL)) + blocks;
  for (let note = 0; (await heightOf(net, LEVEL)) < target; note += 1) {
    await client.submit("notes", "write", `${target} ${note}`);
  }
}

test(
  "a peer that catches up serves what it has to one that nobody else serves",
  async () => {
    await using net = await startNetwork({ organizations: 1, peersPerOrganization: 3 });
    await net.deploy({ name: "notes", contract: notes });
    await net.level();
    await net.kill(ASKER);
    await grow(net, LAG);
    await net.level();
    await net.kill(JOINER);
    const before = await heightOf(net, LEVEL);
    // More than the joiner takes before it commits: else it would have fetched all when its disk is full.
    await grow(net, BLOCKS_IN_COMMIT_MAX + 2 * LAG);

    await net.disk(JOINER, { syncDelayMs: 20 });
    await net.restart(JOINER);
    await until(async () => (await heightOf(net, JOINER)) > before);
    // It waits for room, in the middle of its catching up.
    await net.disk(JOINER, { full: true });
    await net.partition([[ASKER], net.nodes.filter((name) => ![ASKER, JOINER].includes(name))]);
    await net.restart(ASKER);
    await until(async () => (await heightOf(net, ASKER)) > before);
    const target = await heightOf(net, LEVEL);
    expect(await heightOf(net, JOINER)).toBeLessThan(target);
    expect(await heightOf(net, ASKER)).toBeLessThanOrEqual(await heightOf(net, JOINER));
    const log = await readFile(join(net.directory, "nodes", JOINER, "node.log"), "utf8");
    expect(log).toContain("catches up");
    expect(log).not.toContain("caught up");

    await net.heal();
    expect(await net.level()).toBeGreaterThanOrEqual(target);
  },
  SLOW_MACHINE_MS,
);
