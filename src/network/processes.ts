/** Starts, watches and stops the processes of a network's nodes. */
import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readRunFile, removeRunFile, type RunningNode } from "../node/index.ts";
import { NetworkError } from "./errors.ts";
import type { NodeLayout } from "./layout.ts";

export interface NodeProcess {
  readonly name: string;
  readonly role: "orderer" | "peer";
  readonly layout: NodeLayout;
  /** Put before the program's command, to run it in a network namespace. */
  readonly enter?: readonly string[];
}

/** A node that has not said it is ready by then has failed. */
const READY_TIMEOUT_MS = 120_000;
/** A node that has not ended by then is killed. */
const STOP_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 15;
const LOG_TAIL_LINES = 5;

/** The program itself, whether compiled or run from its sources' folder in a test. */
const PROGRAM = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** Starts a node and resolves once it serves. Rejects with the end of its log when it does not. */
export async function startNode(node: NodeProcess): Promise<ChildProcess> {
  await removeRunFile(node.layout.data);
  const log = await open(node.layout.log, "a");
  const { size: logStart } = await log.stat();
  const program = [process.execPath, PROGRAM, node.role, "start", "--config", node.layout.config];
  const [command = process.execPath, ...args] = [...(node.enter ?? []), ...program];
  const child = spawn(command, args, {
    cwd: node.layout.directory,
    // A group of its own: Ctrl-C in the terminal reaches `heddle up`, which then stops its nodes in order.
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" },
  });
  await log.close();
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!hasEnded(child) && Date.now() < deadline) {
    const running = await readRunFile(node.layout.data);
    if (running?.pid === child.pid) return child;
    await delay(POLL_INTERVAL_MS);
  }
  const ended = hasEnded(child);
  if (!ended) child.kill("SIGKILL");
  throw await startFailure(node, ended, logStart);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function startFailure(
  node: NodeProcess,
  ended: boolean,
  logStart: number,
): Promise<NetworkError> {
  const what = ended ? "ended at its start" : `did not become ready within ${READY_TIMEOUT_MS} ms`;
  const tail = await logTail(node.layout.log, logStart);
  return new NetworkError(
    "node failed",
    `${node.name} ${what}; the end of ${node.layout.log}:\n${tail}`,
    {
      data: { node: node.name, log: node.layout.log },
    },
  );
}

// Of what was written from `start` on: what the node said before has nothing to do with it.
async function logTail(path: string, start: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes
    .subarray(start)
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .slice(-LOG_TAIL_LINES)
    .join("\n");
}

/** The node's process, if it lives. */
export async function runningNode(node: NodeProcess): Promise<RunningNode | undefined> {
  const running = await readRunFile(node.layout.data);
  if (running === undefined) return undefined;
  return (await isNodeProcess(running.pid, node)) ? running : undefined;
}

// A process number may have passed to a stranger since the file was written. A process that has ended and that nobody has
// waited for yet still has its number, but no command line.
async function isNodeProcess(pid: number, node: NodeProcess): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return commandLine === undefined || commandLine.includes(node.layout.config);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks the node to end, and kills it when it does not. Answers whether it had been running. */
export async function stopNode(node: NodeProcess): Promise<boolean> {
  const running = await runningNode(node);
  if (running === undefined) return false;
  signal(running.pid, "SIGTERM");
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ((await isNodeProcess(running.pid, node)) && Date.now() < deadline) {
    await delay(POLL_INTERVAL_MS);
  }
  if (await isNodeProcess(running.pid, node)) signal(running.pid, "SIGKILL");
  await removeRunFile(node.layout.data);
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between, which is what was wanted.
  }
}

/** Rejects with the first port of the machine's loopback that another program holds. */
export async function requirePortsFree(
  ports: readonly { readonly port: number; readonly use: string }[],
): Promise<void> {
  for (const { port, use } of ports) {
    if (await isFree(port)) continue;
    throw new NetworkError(
      "port in use",
      `port ${port}, which ${use} needs, is taken by another program; stop that program (on Linux, \`ss -ltnp sport = :${port}\` names it) and try again`,
      { data: { port, use } },
    );
  }
}

/** What `plan` answers once it avoids every port that another program holds. */
export async function planAround<Site>(
  plan: (occupied: ReadonlySet<number>) => Site | undefined,
  portsOf: (site: Site) => readonly number[],
): Promise<Site | undefined> {
  const occupied = new Set<number>();
  for (;;) {
    const site = plan(occupied);
    if (site === undefined) return undefined;
    const countBefore = occupied.size;
    for (const port of portsOf(site)) if (!(await isFree(port))) occupied.add(port);
    if (occupied.size === countBefore) return site;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => {
      resolve(false);
    });
    probe.listen({ host: "127.0.0.1", port }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
