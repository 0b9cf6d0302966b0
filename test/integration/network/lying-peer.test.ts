/**
 * A network of real processes of which one member lies. A peer has lost its ledger; the orderer and the honest member stand still when it
 * comes back, so that it asks the liar. Then the honest member goes on, and the orderer does not.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { changedBit, olderBlock, silence, type Lie } from "../gossip/lies.ts";
import { dataOf, logLines, report } from "./faults.ts";
import { TestNetwork, root } from "./harness.ts";
import { Liar, forgedBy } from "./liar.ts";
import { contentsOf, readBlocks, verdictsOf } from "./stopped-ledgers.ts";

const SLOW_MACHINE_MS = 120_000;
const ORDERER = "orderer.example.com";
const LAGGING = "peer0.org1.example.com";
const LIAR = "peer1.org1.example.com";
const HONEST = "peer2.org1.example.com";
const OTHERS = ["peer0.org2.example.com", "peer1.org2.example.com", "peer2.org2.example.com"];

/** How the others tell of a liar. */
interface Trace {
  readonly metric: string;
  readonly logLine: string;
}

const FORGES: Trace = {
  metric: "gossip_state_forged_blocks",
  logLine: "a peer served a forged block and is put aside",
};
const WITHHOLDS: Trace = {
  metric: "gossip_state_unserved_requests",
  logLine: "a peer brought none of the blocks that it says to have",
};

let net: TestNetwork;
let target: number;
let liar: Liar | undefined;
let pausedPid: number | undefined;

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 3, orderers: 1 });
  await net.must("deploy", join(root, "config/samples/asset-transfer"), "--name", "basic");
  await net.stopNode(LIAR);
  for (const asset of ["a1", "a2"]) {
    await net.must("invoke", "basic", "CreateAsset", asset, "red", "1", "me", "1");
  }
  await net.until("the peers are level", async () => {
    const names = [LAGGING, HONEST, ...OTHERS];
    const heights = await Promise.all(names.map((name) => net.height(name)));
    target = heights[0]!;
    return new Set(heights).size === 1;
  });
  for (const name of OTHERS) await net.stopNode(name);
  process.kill(await net.pidOf(ORDERER), "SIGSTOP");
}, SLOW_MACHINE_MS);

afterEach(async () => {
  resumeHonest();
  await liar?.close();
  liar = undefined;
});

afterAll(async () => {
  // One that stands still does not end when it is told to.
  process.kill(await net.pidOf(ORDERER), "SIGCONT");
  await net.close();
}, SLOW_MACHINE_MS);

async function pauseHonest(): Promise<void> {
  pausedPid = await net.pidOf(HONEST);
  process.kill(pausedPid, "SIGSTOP");
}

function resumeHonest(): void {
  if (pausedPid !== undefined) process.kill(pausedPid, "SIGCONT");
  pausedPid = undefined;
}

/** Ends the peer that is to lag, and takes its ledger from it but for the genesis block that its configuration names. */
async function takeLedger(): Promise<void> {
  await net.stopNode(LAGGING);
  const data = dataOf(net, LAGGING);
  for (const part of ["channels", "state"]) await rm(join(data, part), { recursive: true });
}

/** Log lines of the lagging peer about the liar. */
async function linesAbout(peer: string, { logLine }: Trace): Promise<number> {
  const lines = await logLines(net, LAGGING, logLine);
  return lines.filter((line) => line["peer"] === peer).length;
}

const lies: readonly (readonly [string, (signer: Signer) => Lie, Trace])[] = [
  ["changes a bit of each block", () => changedBit, FORGES],
  ["signs blocks of its own making", forgedBy, FORGES],
  ["serves older blocks than those asked for", () => olderBlock, FORGES],
  ["never answers", () => silence, WITHHOLDS],
];

describe("among processes, a member that", { timeout: SLOW_MACHINE_MS }, () => {
  test.each(lies)("%s neither fools nor stalls one that lags", async (what, lieOf, trace) => {
    expect(await net.height(HONEST)).toBe(target);
    await takeLedger();
    const told = await Liar.start(net, net.topology.organizations[0]!.peers[1]!, lieOf);
    liar = told;
    await net.until("the liar knows the truth", () => Promise.resolve(told.height === target));
    await pauseHonest();
    const linesBefore = await linesAbout(told.peerId, trace);

    await net.restart(LAGGING);
    await net.until("the lagging peer tells of the liar", async () => {
      return (await linesAbout(told.peerId, trace)) > linesBefore;
    });
    expect(told.askedCount).toBeGreaterThan(0);
    expect(await net.metric(LAGGING, trace.metric)).toBeGreaterThan(0);
    expect(await net.height(LAGGING)).toBe(1);

    const startMs = performance.now();
    resumeHonest();
    await net.until("the lagging peer is level", async () => {
      return (await net.height(LAGGING)) === target;
    });
    report(
      `${what}: level ${Math.round(performance.now() - startMs)} ms after the honest one goes on`,
    );
  });

  test("leaves no trace in the ledgers of the others", async () => {
    await net.stopNode(LAGGING);
    await net.stopNode(HONEST);
    const own = await readBlocks(net, LAGGING);
    expect(own).toHaveLength(target);
    for (const name of [HONEST, ...OTHERS]) {
      const others = await readBlocks(net, name);
      expect(contentsOf(own)).toEqual(contentsOf(others));
      expect(verdictsOf(own)).toEqual(verdictsOf(others));
    }
  });
});
