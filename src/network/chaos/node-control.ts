/** What can be done to one node of a running network from outside: its faults by HTTP, its process by signals. */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { FaultSettings, PowerLoss } from "../../faults/index.ts";
import { errorMessage } from "../../kernel/error.ts";
import { NetworkError } from "../errors.ts";
import type { NodeStatus } from "../node-status.ts";
import { startNode, type NodeProcess } from "../processes.ts";

const TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 10_000;
const POLL_MS = 10;
/** Of a node that an injected fault is about to end. */
const STATUS_DYING = 410;

export type NodeState = "up" | "paused" | "down";

/** Rejects with `NetworkError` ("refused") when the node does not answer or takes no faults. */
export async function readFaults(node: NodeStatus): Promise<FaultSettings> {
  return (await ask(node, { method: "GET" })) as FaultSettings;
}

/** Replaces all faults of the node. */
export async function writeFaults(node: NodeStatus, settings: FaultSettings): Promise<void> {
  await post(node, settings);
}

/** Breaks the calls that the node has open to `peer`, once; its faults stay. */
export async function resetLink(node: NodeStatus, peer: string): Promise<void> {
  await post(node, { ...(await readFaults(node)), reset: [peer] });
}

/** Takes the node's power, and resolves when its process is gone. Rejects as `readFaults` does. */
export async function takePower(node: NodeStatus, powerLoss: PowerLoss): Promise<void> {
  const pid = pidOf(node);
  const request = { ...(await readFaults(node)), powerLoss };
  await post(node, request).catch(async (error: unknown) => {
    // It may be gone before it has answered.
    if (await isThere(pid)) throw error;
  });
  await untilGone(node, pid);
}

async function post(node: NodeStatus, request: object): Promise<void> {
  const body = JSON.stringify(request);
  await ask(node, { method: "POST", headers: { "content-type": "application/json" }, body });
}

async function ask(node: NodeStatus, request: RequestInit): Promise<unknown> {
  const pid = pidOf(node);
  const url = `http://${node.operationsAddress.replace("localhost", "127.0.0.1")}/faults`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(url, { ...request, signal }).catch((cause: unknown) => {
    throw new NetworkError("refused", `${node.name} does not answer: ${errorMessage(cause)}`, {
      cause,
    });
  });
  const document = (await answer.json()) as { readonly error?: string };
  if (answer.ok) return document;
  if (answer.status === STATUS_DYING) await untilGone(node, pid);
  throw new NetworkError("refused", `${node.name}: ${document.error ?? String(answer.status)}`);
}

export async function stateOf({ pid }: NodeStatus): Promise<NodeState> {
  if (pid === undefined) return "down";
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The command, which may hold anything, is in brackets.
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T") ? "paused" : "up";
}

export function pauseNode(node: NodeStatus): void {
  process.kill(pidOf(node), "SIGSTOP");
}

export function resumeNode(node: NodeStatus): void {
  process.kill(pidOf(node), "SIGCONT");
}

/** Ends the process at once, wherever it is, and resolves when it is gone. */
export async function killNode(node: NodeStatus): Promise<void> {
  const pid = pidOf(node);
  process.kill(pid, "SIGKILL");
  await untilGone(node, pid);
}

async function untilGone(node: NodeStatus, pid: number): Promise<void> {
  const deadlineMs = performance.now() + END_TIMEOUT_MS;
  while (await isThere(pid)) {
    if (performance.now() > deadlineMs) {
      throw new NetworkError("node failed", `${node.name} (process ${pid}) does not end`);
    }
    await delay(POLL_MS);
  }
}

/** Starts a node that is down and resolves when it serves. */
export async function reviveNode(node: NodeStatus, process: NodeProcess): Promise<void> {
  if (node.pid !== undefined) {
    throw new NetworkError("already running", `${node.name} runs as process ${node.pid}`);
  }
  const child = await startNode(process);
  child.unref();
}

function pidOf({ name, pid }: NodeStatus): number {
  if (pid !== undefined) return pid;
  throw new NetworkError("not running", `${name} is down; start it with \`heddle chaos restart\``);
}

// One that nobody has waited for yet keeps its number, but no command line.
async function isThere(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")) !== "";
}
