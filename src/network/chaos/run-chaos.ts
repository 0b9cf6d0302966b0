/** Runs a course of faults against a running network under load, and judges what it left. */
import { setTimeout as delay } from "node:timers/promises";
import { assert } from "../../kernel/assert.ts";
import { errorMessage } from "../../kernel/error.ts";
import { systemRandom } from "../../kernel/adapters/system-random.ts";
import { toHex } from "../../kernel/bytes.ts";
import {
  BLOCK_METADATA,
  blockHeaderHash,
  SeekInfo_SeekBehavior,
  TxValidationCode,
  type Block,
} from "../../wire/index.ts";
import type { DevelopmentNetwork } from "../development-network.ts";
import { NetworkError } from "../errors.ts";
import { readNodeFigures } from "../node-figures.ts";
import { ChaosControl, type Undo } from "./chaos-control.ts";
import type { ChaosRun, FaultSpan } from "./chaos-report.ts";
import { judge, type PeerLedger } from "./history.ts";
import { ChaosLoad } from "./load.ts";
import type { Fault, NetworkNames, Step, Target } from "./scenarios.ts";

export interface ChaosPlan {
  readonly title: string;
  readonly seed: number;
  readonly steps: readonly Step[];
  /** The deployed sample contract. */
  readonly chaincode: string;
  /** No further step begins after it. */
  readonly durationMsMax: number;
}

const WORKERS_PER_PEER = 2;
/** Load goes on so long after the last fault. */
const TAIL_MS = 5_000;
const GRACE_MS = 15_000;
const LEVEL_TIMEOUT_MS = 120_000;
const POLL_MS = 100;
const VALID: number = TxValidationCode.VALID;

/** `onStep` is told of each fault. Ends early, healed, when `signal` is aborted. */
export async function runChaos(
  network: DevelopmentNetwork,
  plan: ChaosPlan,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<ChaosRun> {
  await requireWhole(network);
  const control = new ChaosControl(network);
  const originMs = performance.now();
  const nowMs = (): number => performance.now() - originMs;
  const load = await startLoad(network, plan, nowMs);
  const spans: FaultSpan[] = [];
  const course = { network, control, spans, nowMs, onStep, signal };
  try {
    for (const step of plan.steps) {
      if (signal.aborted || nowMs() > plan.durationMsMax) break;
      await takeStep(course, step);
    }
    await pause(TAIL_MS, signal);
  } finally {
    await makeWhole(network, control);
  }
  onStep("waiting until all nodes are level");
  const durationMs = nowMs();
  await load.stop(GRACE_MS);
  const levelMs = await untilLevel(network, spans.at(-1)?.endMs ?? 0, nowMs);
  network.close();
  onStep("comparing the ledgers");
  const attempts = [...load.attempts];
  const violations = judge(attempts, await readLedgers(network));
  const { title, seed } = plan;
  return { title, seed, durationMs, attempts, spans, levelMs, violations };
}

export function namesOf({ topology, peers }: DevelopmentNetwork): NetworkNames {
  return {
    orderers: topology.orderers.map(({ name }) => name),
    peers: peers.map(({ name }) => name),
  };
}

type ReadTransactions = (
  block: Block,
) => readonly { readonly index: number; readonly txId: string }[];

interface Course {
  readonly network: DevelopmentNetwork;
  readonly control: ChaosControl;
  readonly spans: FaultSpan[];
  readonly nowMs: () => number;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal;
}

async function requireWhole(network: DevelopmentNetwork): Promise<void> {
  const down = (await network.status()).filter(({ pid }) => pid === undefined);
  if (down.length === 0) return;
  throw new NetworkError(
    "not running",
    `${down.map(({ name }) => name).join(", ")} down; start all nodes first`,
  );
}

async function startLoad(
  network: DevelopmentNetwork,
  { chaincode }: ChaosPlan,
  nowMs: () => number,
): Promise<ChaosLoad> {
  const clients = await Promise.all(
    network.topology.organizations.flatMap((organization) =>
      organization.peers.map((peer) => network.client(organization, "User1", peer)),
    ),
  );
  const prefix = `chaos-${toHex(systemRandom.bytes(6))}`;
  const { channelId } = network.topology;
  const options = { channelId, chaincode, prefix, workersPerClient: WORKERS_PER_PEER };
  return new ChaosLoad(clients, options, nowMs);
}

async function takeStep(course: Course, { waitMs, fault, holdMs }: Step): Promise<void> {
  const { spans, nowMs, onStep, signal } = course;
  await pause(waitMs, signal);
  if (signal.aborted) return;
  const { text, undo } = await inject(course, fault);
  // In force from here on: what was committed while it was being set up was not committed in spite of it.
  const startMs = nowMs();
  onStep(`${(startMs / 1_000).toFixed(0)} s: ${text}`);
  await pause(holdMs, signal);
  await undo();
  spans.push({ text, startMs, endMs: nowMs() });
}

async function inject(
  course: Course,
  fault: Fault,
): Promise<{ readonly text: string; readonly undo: Undo }> {
  const { control, network } = course;
  const { orderers } = namesOf(network);
  if (fault.kind === "scatter") {
    const undo = await control.partition(
      orderers.map((name) => [name]),
      false,
    );
    return { text: "no orderer reaches another", undo };
  }
  if (fault.kind === "bridge") {
    const [middle = "", ...others] = orderers;
    const half = Math.ceil(others.length / 2);
    const undo = await control.partition([others.slice(0, half), others.slice(half)], false);
    return { text: `only ${middle} connects the orderers`, undo };
  }
  const name = await targetOf(course, fault.target);
  const undo = await injectAt(control, fault, name, orderers);
  return { text: `${fault.kind} ${name}`, undo };
}

function injectAt(
  control: ChaosControl,
  fault: Exclude<Fault, { readonly kind: "scatter" | "bridge" }>,
  name: string,
  orderers: readonly string[],
): Promise<Undo> {
  switch (fault.kind) {
    case "kill":
      return control.kill(name);
    case "pause":
      return control.pause(name);
    case "isolate":
      return control.isolate(name);
    case "mute":
      return control.partition([[name], orderers.filter((other) => other !== name)], true);
    case "slow-disk":
      return control.disk(name, { syncDelayMs: fault.delayMs });
  }
}

// While nobody leads, the first orderer stands for the leader.
async function targetOf({ network }: Course, target: Target): Promise<string> {
  if (target.kind === "node") return target.name;
  const nodes = (await network.status()).filter(({ role }) => role === "orderer");
  const { channelId } = network.topology;
  const figures = await Promise.all(nodes.map((node) => readNodeFigures(node, channelId)));
  const leader = nodes.find((_, index) => figures[index]?.isLeader === true) ?? nodes[0];
  const follower = nodes.find((node) => node !== leader) ?? leader;
  const found = target.kind === "leader" ? leader : follower;
  assert(found !== undefined, "a network has an orderer");
  return found.name;
}

async function makeWhole(network: DevelopmentNetwork, control: ChaosControl): Promise<void> {
  for (const name of await control.heal()) await control.restart(name);
  await network.untilReady();
}

async function untilLevel(
  network: DevelopmentNetwork,
  sinceMs: number,
  nowMs: () => number,
): Promise<number | undefined> {
  const { channelId } = network.topology;
  const deadlineMs = nowMs() + LEVEL_TIMEOUT_MS;
  while (nowMs() < deadlineMs) {
    const nodes = await network.status();
    const figures = await Promise.all(nodes.map((node) => readNodeFigures(node, channelId)));
    const heights = new Set(figures.map((node) => node?.height));
    if (heights.size === 1 && !heights.has(undefined)) return nowMs() - sinceMs;
    await delay(POLL_MS);
  }
  return undefined;
}

async function readLedgers(network: DevelopmentNetwork): Promise<readonly PeerLedger[]> {
  // Commands that only ask for a status need not load a ledger.
  const { readTransactions } = await import("../../ledger/index.ts");
  const ledgers: PeerLedger[] = [];
  for (const organization of network.topology.organizations) {
    for (const peer of organization.peers) {
      ledgers.push(await readLedger(network, peer.name, readTransactions));
    }
  }
  network.close();
  return ledgers;
}

async function readLedger(
  network: DevelopmentNetwork,
  peer: string,
  readTransactions: ReadTransactions,
): Promise<PeerLedger> {
  const { site, organization } = network.peer(peer);
  const client = await network.client(organization, "User1", site);
  const { channelId } = network.topology;
  const newest = await client
    .block(channelId, { type: { $case: "newest", value: {} } })
    .catch((error: unknown) => {
      throw new NetworkError("refused", `cannot read ${peer}: ${errorMessage(error)}`);
    });
  const last = newest?.header?.number ?? 0;
  const blocks = [];
  for await (const block of client.blocks({
    channelId,
    start: { type: { $case: "specified", value: { number: "0" } } },
    stop: { type: { $case: "specified", value: { number: String(last) } } },
    behavior: SeekInfo_SeekBehavior.FAIL_IF_NOT_READY,
  })) {
    const { header, metadata } = block;
    assert(header !== undefined, "a peer's blocks have headers");
    const codes = metadata?.metadata[BLOCK_METADATA.transactionsFilter];
    const valid = readTransactions(block).filter(({ index }) => codes?.[index] === VALID);
    blocks.push({
      number: header.number,
      headerHash: toHex(blockHeaderHash(header)),
      commitHash: toHex(metadata?.metadata[BLOCK_METADATA.commitHash] ?? new Uint8Array(0)),
      valid: valid.map(({ txId }) => txId),
    });
  }
  return { peer, blocks };
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => undefined);
}
