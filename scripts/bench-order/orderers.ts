/** Orderers as processes of their own, without peers, in a folder that goes with them. */
import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { readRunFile } from "../../src/node/index.ts";
import { DevelopmentNetwork } from "../../src/network/development-network.ts";
import { stopNode } from "../../src/network/processes.ts";
import type { OrdererSite } from "../../src/network/topology.ts";
import { processMebibytes, processSeconds, processSockets } from "./processes.ts";

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
    for (const { name } of topology.orderers) await withoutFaults(layout.node(name).config);
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

  /** Ends them; their certificates and files stay until `stop`. Idempotent. */
  async end(): Promise<void> {
    await Promise.all(
      this.sites.map(({ name }) =>
        stopNode({ name, role: "orderer", layout: this.network.layout.node(name) }),
      ),
    );
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

// The faults that a development network offers have their price, and no other network pays it.
async function withoutFaults(configFile: string): Promise<void> {
  const config = parse(await readFile(configFile, "utf8")) as Record<string, unknown>;
  delete config["development"];
  await writeFile(configFile, stringify(config));
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
