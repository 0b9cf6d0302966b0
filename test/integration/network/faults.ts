/** What befalls the nodes of a `TestNetwork`: sudden ends, and damage to their files. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { open, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { root, type TestNetwork } from "./harness.ts";

/** Largest part of a log that a failing test shows. */
const SHOWN_LENGTH_MAX = 2_000;
/** A node that neither serves nor ends by then hangs. */
const END_TIMEOUT_MS = 100_000;

export function dataOf(net: TestNetwork, name: string): string {
  return join(net.directory, "nodes", name, "data");
}

/** Folder of the node's `blocks`, and of an orderer's `raft`. */
export function channelOf(net: TestNetwork, name: string): string {
  return join(dataOf(net, name), "channels", net.topology.channelId);
}

export function peerNames(net: TestNetwork): readonly string[] {
  return net.topology.organizations.flatMap(({ peers }) => peers.map(({ name }) => name));
}

export function ordererNames(net: TestNetwork): readonly string[] {
  return net.topology.orderers.map(({ name }) => name);
}

/** Ends a node without a word, as `kill -9` does; resolves when its process is gone. */
export async function killNode(net: TestNetwork, name: string): Promise<void> {
  const pid = await net.pidOf(name);
  process.kill(pid, "SIGKILL");
  await net.until(`${name} is gone`, () => Promise.resolve(!isAlive(pid)));
}

/** As `killNode`, as soon as the node has begun to write a block: with luck before the state has the block's writes. */
export async function killInCommit(net: TestNetwork, name: string): Promise<void> {
  const pid = await net.pidOf(name);
  const watcher = watch(join(channelOf(net, name), "blocks"));
  try {
    await once(watcher, "change", { signal: AbortSignal.timeout(END_TIMEOUT_MS) });
    process.kill(pid, "SIGKILL");
  } finally {
    watcher.close();
  }
  await net.until(`${name} is gone`, () => Promise.resolve(!isAlive(pid)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Inverts one bit in the middle of a file. */
export async function flipMiddleBit(path: string): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path, "r+");
  try {
    const offset = Math.floor(size / 2);
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, offset);
    byte[0]! ^= 0x10;
    await file.write(byte, 0, 1, offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The one file of a folder whose name ends so. */
export async function onlyFile(directory: string, extension: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(extension));
  if (names.length !== 1) throw new Error(`${directory} has ${names.join(", ") || "nothing"}`);
  return join(directory, names[0]!);
}

export interface FailedStart {
  readonly code: number | null;
  /** Its log lines of level "error". */
  readonly errors: readonly { readonly msg: string; readonly error: string }[];
}

/** Starts a node that is expected to end by itself, and says how it did. */
export async function startToFail(net: TestNetwork, name: string): Promise<FailedStart> {
  const role = name.startsWith("orderer") ? "orderer" : "peer";
  const config = join(net.directory, "nodes", name, "config.yaml");
  const program = join(root, "dist/src/cli/main.js");
  const child = spawn(process.execPath, [program, role, "start", "--config", config], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: END_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
  const [code] = (await once(child, "close")) as [number | null];
  const text = Buffer.concat(output).toString();
  if (code === null) {
    throw new Error(`${name} was to end at once: ${text.slice(-SHOWN_LENGTH_MAX)}`);
  }
  const lines = text.trim().split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as LogLine);
  return { code, errors: parsed.filter(({ level }) => level === "error") };
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly error: string;
  readonly [field: string]: unknown;
}

/** Lines of a node's log with this message, oldest first. */
export async function logLines(
  net: TestNetwork,
  name: string,
  message: string,
): Promise<readonly LogLine[]> {
  const text = await readFile(join(net.directory, "nodes", name, "node.log"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.includes(`"msg":${JSON.stringify(message)}`))
    .map((line) => JSON.parse(line) as LogLine);
}

/** Command lines that name the network's folder: its nodes and their contracts. Needs /proc. */
export async function processesOf(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const text = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    const words = text.split("\0");
    if (words.some((word) => word.startsWith(`${directory}/nodes/`))) found.push(words.join(" "));
  }
  return found;
}

/** A figure for whoever reads the test's output. */
export function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
