/**
 * Peers that lose each other, the orderers, their deliverer, or their process, and how long it takes until all is well again. Real
 * processes; what is cut is cut at both ends of every link. Prints the times.
 */
import type { Contract } from "@hyperledger/fabric-gateway";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killNode, ordererNames, peerNames } from "./faults.ts";
import { TestNetwork, root } from "./harness.ts";

const SLOW_MACHINE_MS = 300_000;
/** What each recovery is held to: the machine may be busy. Quiet ones take a fraction. */
const RECOVERY_MS = 100_000;
const BLOCKS = 15;
const [P0, P1] = ["peer0.org1.example.com", "peer1.org1.example.com"];
const [Q0, Q1] = ["peer0.org2.example.com", "peer1.org2.example.com"];

let net: TestNetwork;
let contract: Contract;
let assetCount = 0;
const times: string[] = [];

beforeAll(async () => {
  // Its client speaks to the second peer of the second organisation, which is never cut off from the orderers.
  net = await TestNetwork.start();
  await net.must("deploy", join(root, "config/samples/asset-transfer"), "--name", "basic");
  const { network } = await net.connect(net.topology.organizations[1]!, 1);
  contract = network.getContract("basic");
}, SLOW_MACHINE_MS);

afterAll(async () => {
  process.stdout.write(`${times.join("\n")}\n`);
  await net.close();
}, SLOW_MACHINE_MS);

// A test that failed must not spoil the next one.
afterEach(async () => {
  await net.must("chaos", "heal");
}, SLOW_MACHINE_MS);

/** Commits transactions one after the other, each in a block of its own; a refused one is sent anew. */
async function commitSome(count = BLOCKS): Promise<void> {
  const end = assetCount + count;
  await net.until(
    `${count} transactions are committed`,
    async () => {
      try {
        await contract.submitTransaction("CreateAsset", `a${assetCount}`, "red", "1", "me", "1");
        assetCount += 1;
      } catch {
        // An asset of an attempt whose answer was lost is there: the next name.
        assetCount += 1;
      }
      return assetCount >= end;
    },
    RECOVERY_MS,
  );
}

async function areLevel(names: readonly string[]): Promise<boolean> {
  const heights = await Promise.all(names.map((name) => net.height(name)));
  return new Set(heights).size === 1 && heights[0]! > 0;
}

async function othersKnownTo(name: string): Promise<number> {
  return (await net.metric(name, "gossip_membership_total_peers_known")) ?? 0;
}

/** Whether the peers, in the order of their names, know so many others each. */
async function know(counts: readonly number[]): Promise<boolean> {
  const known = await Promise.all(peerNames(net).map(othersKnownTo));
  return known.every((count, index) => count === counts[index]);
}

async function timed(what: string, condition: () => Promise<boolean>): Promise<void> {
  const startMs = performance.now();
  await net.until(what, condition, RECOVERY_MS);
  times.push(`${what}: ${Math.round(performance.now() - startMs)} ms`);
}

async function delivererAmong(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    if ((await net.metric(name, "gossip_leader_election_leader")) === 1) return name;
  }
  return undefined;
}

describe("peers", { timeout: SLOW_MACHINE_MS }, () => {
  test("that are split from each other all follow the orderers, and are one membership after it", async () => {
    await net.must("chaos", "partition", `${P0},${Q0}|${P1},${Q1}`);
    await timed("split in two: each side gives up the other", () => know([1, 1, 1, 1]));
    // Each organisation has a peer on either side: both sides keep a deliverer each.
    await commitSome(5);
    await timed("split in two: both sides level", () => areLevel(peerNames(net)));
    await net.must("chaos", "heal");
    await timed("healed: one membership", () => know([3, 3, 3, 3]));
  });

  test("that are split in two, and one side again, are one membership after it", async () => {
    await net.must("chaos", "partition", `${P0},${Q0}|${P1},${Q1}`);
    await timed("split in two: each side gives up the other", () => know([1, 1, 1, 1]));
    await net.must("chaos", "partition", `${P0}|${Q0}`);
    await timed("one side split again: three parts", () => know([0, 1, 0, 1]));
    await commitSome(5);
    await timed("three parts: all level", () => areLevel(peerNames(net)));
    await net.must("chaos", "heal");
    await timed("three parts healed: one membership", () => know([3, 3, 3, 3]));
  });

  test("that hear the others and are not heard are one membership with them after it", async () => {
    await net.must("chaos", "partition", `${P0},${Q0}|${P1},${Q1}`, "--one-way");
    await timed("cut one way: each side gives up the other", () => know([1, 1, 1, 1]));
    await commitSome(5);
    await timed("cut one way: all level", () => areLevel(peerNames(net)));
    await net.must("chaos", "heal");
    await timed("one way healed: one membership", () => know([3, 3, 3, 3]));
  });

  test("half of which are cut off from the orderers follow through the others", async () => {
    await net.must("chaos", "partition", `${P0},${Q0}|${ordererNames(net).join(",")}`);
    await timed("half without orderers: a transaction is committed", async () => {
      await commitSome(1);
      return true;
    });
    await commitSome(4);
    await timed("half without orderers: level", () => areLevel(peerNames(net)));
    await net.must("chaos", "heal");
    await commitSome(1);
    await timed("orderers back: level", () => areLevel(peerNames(net)));
  });

  test("one of which was cut off from everybody are level soon after", async () => {
    await net.must("chaos", "isolate", P1);
    await commitSome();
    expect(await areLevel([P0, P1])).toBe(false);
    await net.must("chaos", "heal");
    await timed(`one cut off for ${BLOCKS} blocks: level`, () => areLevel(peerNames(net)));
  });

  test("whose deliverer is killed get blocks from another, and it is level when it is back", async () => {
    await net.until("Org1 has a deliverer", async () => {
      return (await delivererAmong([P0, P1])) !== undefined;
    });
    const killed = (await delivererAmong([P0, P1]))!;
    const rest = peerNames(net).filter((name) => name !== killed);
    await killNode(net, killed);
    const other = killed === P0 ? P1 : P0;
    await timed("deliverer killed: another delivers", async () => {
      return (await delivererAmong([other])) === other;
    });
    await commitSome(5);
    await timed("deliverer killed: the others level", () => areLevel(rest));
    await net.restart(killed);
    await timed("killed and back: level", () => areLevel(peerNames(net)));
  });
});
