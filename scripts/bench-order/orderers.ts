/** Orderers as processes of their own, without peers, in a folder that goes with them. */
import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readRunFile } from "../../src/node/index.ts";
import { DevelopmentNetwork } from "../../src/network/development-network.ts";
import { stopNode } from "../../src/network/processes.ts";
import type { OrdererSite } from "../../src/network/topology.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const READY_TIMEOUT_MS = 30_000;

/** What an orderer has done since it started. */
export interface OrdererFigures {
  readonly cpuSeconds: number;
  readonly rssMebibytes: number;
  /** To and from others, this program's included. */
  readonly connections: number;
  readonly flushes: number;
  readonly blocks: number;
  readonly isLeader: boolean;
}

export interface OrderersOptions {
  readonly count: number;
  readonly portOffset: number;
  /** Folder for a CPU profile of each process, written when it ends. */
  readonly profileDirectory: string | undefined;
}

export class Orderers {
  readonly network: DevelopmentNetwork;
  readonly #directory: string;
  readonly #pids: readonly number[];

  private constructor(network: DevelopmentNetwork, directory: string, pids: readonly number[]) {
    this.network = network;
    this.#directory = directory;
    this.#pids = pids;
  }

  /** Resolves when they have a leader. */
  static async start(options: OrderersOptions): Promise<Orderers> {
    const directory = await mkdtemp(join(tmpdir(), "heddle-bench-order-"));
    const { network } = await DevelopmentNetwork.openOrCreate(
      join(directory, "network"),
      { ordererCount: options.count, peerCountPerOrganization: 1, portOffset: options.portOffset },
      () => undefined,
    );
    const { layout, topology } = network;
    const pids = await Promise.all(
      topology.orderers.map((site) => startProcess(network, site, options.profileDirectory)),
    );
    const orderers = new Orderers(network, directory, pids);
    await until(`a leader; see the logs in ${layout.directory}`, async () => {
      const figures = await orderers.figures();
      return figures.some(({ isLeader }) => isLeader);
    });
    return orderers;
  }

  get sites(): readonly OrdererSite[] {
    return this.network.topology.orderers;
  }

  async figures(): Promise<readonly OrdererFigures[]> {
    return Promise.all(
      this.sites.map(async (site, place) => {
        const text = await (await fetch(`http://127.0.0.1:${site.operationsPort}/metrics`)).text();
        return {
          cpuSeconds: await processSeconds(this.#pids[place] ?? 0),
          rssMebibytes: await processMebibytes(this.#pids[place] ?? 0),
          connections: await processSockets(this.#pids[place] ?? 0),
          flushes: metric(text, "disk_flush_duration_count"),
          blocks: metric(text, "consensus_etcdraft_committed_block_number"),
          isLeader: metric(text, "consensus_etcdraft_is_leader") === 1,
        };
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.sites.map(({ name }) =>
        stopNode({ name, role: "orderer", layout: this.network.layout.node(name) }),
      ),
    );
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function startProcess(
  network: DevelopmentNetwork,
  { name }: OrdererSite,
  profileDirectory: string | undefined,
): Promise<number> {
  const layout = network.layout.node(name);
  const log = await open(layout.log, "a");
  const profile =
    profileDirectory === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = spawn(
    process.execPath,
    [...profile, PROGRAM, "orderer", "start", "--config", layout.config],
    { cwd: layout.directory, stdio: ["ignore", log.fd, log.fd] },
  );
  await log.close();
  await until(`${name} to start; see ${layout.log}`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended at its start; see ${layout.log}`);
    return (await readRunFile(layout.data))?.pid === child.pid;
  });
  return child.pid ?? 0;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + READY_TIMEOUT_MS;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`waited ${READY_TIMEOUT_MS} ms for ${what}`);
    await delay(20);
  }
}

// One channel, so one line each.
function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(name));
  return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
}

async function processSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // After the command's name in parentheses: utime and stime are the 12th and 13th fields, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

async function processMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

// Those that listen as well.
async function processSockets(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    // A file that is closed meanwhile is none.
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith("socket:")).length;
}
