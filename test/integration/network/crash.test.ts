/** Nodes of a real network killed under load, again and again: whatever was acknowledged stays, once, and all agree. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { TxValidationCode } from "../../../src/wire/index.ts";
import { killInCommit, killNode, logLines, ordererNames, peerNames, report } from "./faults.ts";
import { root, TestNetwork } from "./harness.ts";
import { Load } from "./load.ts";
import {
  absentKeys,
  contentsOf,
  readBlocks,
  replayedDigest,
  stateDigest,
  transactionsOf,
  verdictsOf,
} from "./stopped-ledgers.ts";

/** HEDDLE_SEED chooses whom to kill and when; what the processes make of it is theirs. */
const seed = Number(process.env["HEDDLE_SEED"] ?? 1);
const SLOW_MACHINE_MS = 300_000;
/** Time for a slow machine to acknowledge a few dozen transactions after a failover. */
const PROGRESS_TIMEOUT_MS = 100_000;

type Fault =
  | "the leader"
  | "an orderer"
  | "all orderers"
  | "the clients' peer"
  | "a peer"
  | "a peer in its commit";

/** Twelve kills. */
const FAULTS: readonly Fault[] = [
  "the leader",
  "a peer in its commit",
  "the clients' peer",
  "all orderers",
  "a peer in its commit",
  "a peer",
  "the leader",
  "an orderer",
  "the clients' peer",
  "a peer in its commit",
];

let net: TestNetwork;
let load: Load;
let killCount = 0;
const recoveries: {
  readonly fault: Fault;
  readonly killedMs: number;
  readonly restartMs: number;
}[] = [];

beforeAll(async () => {
  net = await TestNetwork.start();
  await net.must("deploy", `${root}/config/samples/asset-transfer`, "--name", "basic");
  const [org1, org2] = net.topology.organizations;
  const connections = await Promise.all([
    net.connect(org1!, 0),
    net.connect(org1!, 1),
    net.connect(org2!, 0),
  ]);
  load = await Load.start(
    connections.map(({ network }) => network),
    3,
  );
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await load.stop();
  await net.close();
}, SLOW_MACHINE_MS);

function acknowledgements(count: number): Promise<void> {
  const goal = load.acknowledged.length + count;
  const isReached = (): Promise<boolean> => Promise.resolve(load.acknowledged.length >= goal);
  return net.until(`${count} more acknowledged transactions`, isReached, PROGRESS_TIMEOUT_MS);
}

async function victimsOf(fault: Fault, random: SeededRandom): Promise<readonly string[]> {
  const oneOf = (names: readonly string[]): string => names[random.below(names.length)]!;
  switch (fault) {
    case "the leader": {
      await net.until("there is a leader", async () => (await net.leader()) !== undefined);
      return [(await net.leader())!];
    }
    case "an orderer":
      return [oneOf(ordererNames(net))];
    case "all orderers":
      return ordererNames(net);
    case "the clients' peer":
      return [net.topology.organizations[0]!.peers[0]!.name];
    case "a peer":
    case "a peer in its commit":
      return [oneOf(peerNames(net))];
  }
}

async function strike(fault: Fault, random: SeededRandom): Promise<void> {
  await acknowledgements(random.below(40));
  const victims = await victimsOf(fault, random);
  const kill = fault === "a peer in its commit" ? killInCommit : killNode;
  await Promise.all(victims.map((name) => kill(net, name)));
  const killedMs = performance.now();
  killCount += victims.length;
  // With some nodes the others go on without them for a while; with all orderers gone nobody does.
  if (victims.length === 1) await acknowledgements(random.below(20));
  const startMs = performance.now();
  await Promise.all(victims.map((name) => net.restart(name)));
  recoveries.push({ fault, killedMs, restartMs: performance.now() - startMs });
}

function heights(): Promise<readonly number[]> {
  return Promise.all([...ordererNames(net), ...peerNames(net)].map((name) => net.height(name)));
}

function reportFigures(height: number): void {
  const { acknowledged, conflictCount, failureCount, longestMs } = load;
  report(
    `crash: ${killCount} kills, ${acknowledged.length} transactions acknowledged (longest wait ${longestMs.toFixed(0)} ms), ${conflictCount} conflicts, ${failureCount} failed attempts, ${height} blocks`,
  );
  for (const { fault, killedMs, restartMs } of recoveries) {
    const firstMs = load.firstAfterMs(killedMs);
    report(
      `crash: ${fault}: next transaction acknowledged ${firstMs.toFixed(0)} ms after the kill, restarted in ${restartMs.toFixed(0)} ms`,
    );
  }
}

describe(`with seed ${seed}, after ${FAULTS.length} faults under load`, () => {
  test(
    "the network goes on after each, and all nodes come to one height",
    { timeout: SLOW_MACHINE_MS },
    async () => {
      const random = new SeededRandom(seed);
      try {
        for (const fault of FAULTS) await strike(fault, random);
        await acknowledgements(20);
        await load.stop();
        const isLevel = async (): Promise<boolean> => new Set(await heights()).size === 1;
        await net.until("all nodes have one height", isLevel, PROGRESS_TIMEOUT_MS);
        reportFigures((await heights())[0]!);
      } finally {
        // What follows reads the nodes' files.
        await load.stop();
        await net.must("down");
      }
    },
  );

  test("every node has the same blocks, every peer the same verdicts", async () => {
    const expected = await readBlocks(net, peerNames(net)[0]!);
    for (const name of [...ordererNames(net), ...peerNames(net)]) {
      expect([name, contentsOf(await readBlocks(net, name))]).toEqual([name, contentsOf(expected)]);
    }
    for (const name of peerNames(net)) {
      expect([name, verdictsOf(await readBlocks(net, name))]).toEqual([name, verdictsOf(expected)]);
    }
  });

  test("nothing acknowledged is lost, and nothing is valid twice", async () => {
    const stored = transactionsOf(await readBlocks(net, peerNames(net)[0]!));
    const valid = stored.filter(({ code }) => code === TxValidationCode.VALID);
    const places = new Map(valid.map((each) => [each.transactionId, each.blockNumber]));
    expect(places.size).toBe(valid.length);
    const misplaced = load.acknowledged.filter(
      ({ transactionId, blockNumber }) => places.get(transactionId) !== blockNumber,
    );
    expect(misplaced).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThan(20 * FAULTS.length);
  });

  test("every peer has the same state, which is what the blocks give, with all that was made", async () => {
    const [first] = peerNames(net);
    const expected = await replayedDigest(net, first!);
    // Savepoint, public values, hashes of private ones, transactions, block hashes.
    expect(Object.keys(expected)).toHaveLength(5);
    const made = load.acknowledged.flatMap(({ assetId }) => assetId ?? []);
    for (const peer of peerNames(net)) {
      expect([peer, await stateDigest(net, peer)]).toEqual([peer, expected]);
      const absent = await absentKeys(net, peer, { namespace: "basic", keys: made });
      expect([peer, absent]).toEqual([peer, []]);
    }
    const message = "applying blocks that the state does not have yet";
    const replays = await Promise.all(peerNames(net).map((peer) => logLines(net, peer, message)));
    report(`crash: a peer's state lacked its newest block ${replays.flat().length} times`);
  });
});
