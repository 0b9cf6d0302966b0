/** Runs a course of faults against a running network under load, and judges what it left. */
import { setTimeout as delay } from "node:timers/promises";
import { systemRandom } from "../../kernel/adapters/system-random.ts";
import { toHex } from "../../kernel/bytes.ts";
import { NetworkError } from "../errors.ts";
import type { ChaosRun, FaultSpan } from "./chaos-report.ts";
import { judge } from "./history.ts";
import { inject } from "./inject.ts";
import { ChaosLoad } from "./load.ts";
import { readLedgers } from "./read-ledgers.ts";
import type { ChaosSite } from "./site.ts";
import type { Step } from "./steps.ts";

export interface ChaosPlan {
  readonly title: string;
  readonly seed: number;
  readonly steps: readonly Step[];
  /** A deployed contract with the sample's `CreateAsset`. */
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

/** `onStep` is told of each fault. Ends early, healed, when `signal` is aborted. */
export async function runChaos(
  site: ChaosSite,
  plan: ChaosPlan,
  onStep: (text: string) => void,
  signal: AbortSignal,
): Promise<ChaosRun> {
  await requireWhole(site);
  const originMs = performance.now();
  const nowMs = (): number => performance.now() - originMs;
  const load = await startLoad(site, plan, nowMs);
  const spans: FaultSpan[] = [];
  const course = { site, spans, nowMs, onStep, signal };
  try {
    const levelMs = await takeCourse(course, plan);
    onStep("waiting until all nodes are level");
    const durationMs = nowMs();
    await load.stop(GRACE_MS);
    const isLevel = await becomeLevel(site, nowMs);
    site.disconnect();
    onStep("comparing the ledgers");
    const attempts = [...load.attempts];
    const violations = judge(attempts, await readLedgers(site));
    const { title, seed } = plan;
    const isEndedEarly = signal.aborted && levelMs === undefined;
    return { title, seed, durationMs, attempts, spans, levelMs, isEndedEarly, isLevel, violations };
  } finally {
    await load.stop(0);
    for (const node of [...site.added]) await site.removeNode(node, onStep);
  }
}

/** Takes the steps and makes the network whole again. Answers what `untilCaughtUp` does. */
async function takeCourse(course: Course, plan: ChaosPlan): Promise<number | undefined> {
  const { site, nowMs, signal } = course;
  let levelMs: number | undefined;
  try {
    for (const step of plan.steps) {
      if (signal.aborted || nowMs() > plan.durationMsMax) break;
      await takeStep(course, step);
    }
    if (!signal.aborted) levelMs = await untilCaughtUp(site, nowMs, signal);
    await pause(TAIL_MS, signal);
  } finally {
    await site.makeWhole();
  }
  return levelMs;
}

interface Course {
  readonly site: ChaosSite;
  readonly spans: FaultSpan[];
  readonly nowMs: () => number;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal;
}

async function requireWhole(site: ChaosSite): Promise<void> {
  const down = await site.down();
  if (down.length === 0) return;
  throw new NetworkError("not running", `${down.join(", ")} down; start all nodes first`);
}

async function startLoad(
  site: ChaosSite,
  { chaincode }: ChaosPlan,
  nowMs: () => number,
): Promise<ChaosLoad> {
  const clients = (await site.clients()).map(({ client }) => client);
  const prefix = `chaos-${toHex(systemRandom.bytes(6))}`;
  const { channelId } = site;
  const options = { channelId, chaincode, prefix, workersPerClient: WORKERS_PER_PEER };
  return new ChaosLoad(clients, options, nowMs);
}

async function takeStep(course: Course, { waitMs, fault, holdMs }: Step): Promise<void> {
  const { site, spans, nowMs, onStep, signal } = course;
  await pause(waitMs, signal);
  if (signal.aborted) return;
  const { text, undo } = await inject(site, fault);
  // In force from here on: what was committed while it was being set up was not committed in spite of it.
  const startMs = nowMs();
  onStep(`${(startMs / 1_000).toFixed(0)} s: ${text}`);
  await pause(holdMs, signal);
  await undo();
  spans.push({ text, startMs, endMs: nowMs() });
}

/** Time until every node has what the tallest has now. Load goes on meanwhile. */
async function untilCaughtUp(
  site: ChaosSite,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const startMs = nowMs();
  const height = Math.max(0, ...(await site.heights()).map((each) => each ?? 0));
  const holds = (heights: readonly (number | undefined)[]): boolean =>
    heights.every((each) => each !== undefined && each >= height);
  const isReached = await until(site, holds, nowMs, signal);
  return isReached ? nowMs() - startMs : undefined;
}

/** Whether all nodes come to the same height, which without load stays so. */
function becomeLevel(site: ChaosSite, nowMs: () => number): Promise<boolean> {
  const holds = (heights: readonly (number | undefined)[]): boolean =>
    new Set(heights).size === 1 && heights[0] !== undefined;
  return until(site, holds, nowMs, new AbortController().signal);
}

async function until(
  site: ChaosSite,
  holds: (heights: readonly (number | undefined)[]) => boolean,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadlineMs = nowMs() + LEVEL_TIMEOUT_MS;
  while (nowMs() < deadlineMs && !signal.aborted) {
    if (holds(await site.heights())) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => undefined);
}
