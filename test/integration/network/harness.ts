/** A network of real processes for a test: started by the program itself, in a folder and on ports of its own. */
import { connect as connectGateway, type Gateway, type Network } from "@hyperledger/fabric-gateway";
import * as grpc from "@grpc/grpc-js";
import { execFile, spawn } from "node:child_process";
import { createPrivateKey, randomInt, sign as ecdsaSign } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CURVES, toLowS } from "../../../src/crypto/index.ts";
import { readRunFile } from "../../../src/node/run-file.ts";
import { freePorts } from "../../../src/testing/free-ports.ts";
import {
  planTopology,
  portsOf,
  type PeerOrganization,
  type Topology,
  type TopologyOptions,
} from "../../../src/network/topology.ts";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));
export const program: string = join(root, "dist/src/cli/main.js");
/** A command that was expected to refuse and serves instead is ended, and does not outlive its test for long. */
const COMMAND_TIMEOUT_MS = 280_000;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StatusDocument {
  readonly channelId: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly role: "orderer" | "peer";
    readonly pid?: number;
    readonly dataDirectory: string;
    readonly figures?: { readonly height?: number; readonly isLeader?: boolean };
  }[];
}

/** Runs `heddle` with these arguments. */
export function heddle(args: readonly string[], cwd: string = root): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd, maxBuffer: 2 ** 26, timeout: COMMAND_TIMEOUT_MS },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

export class TestNetwork {
  readonly directory: string;
  readonly topology: Topology;
  readonly #scratch: string;
  readonly #closers: (() => void)[] = [];

  private constructor(scratch: string, topology: Topology) {
    this.#scratch = scratch;
    this.directory = join(scratch, "network");
    this.topology = topology;
  }

  static async start(
    options: {
      readonly peersPerOrganization?: number;
      readonly orderers?: number;
      /** Takes root. `topology` tells no addresses then. */
      readonly namespaces?: boolean;
    } = {},
  ): Promise<TestNetwork> {
    const peerCountPerOrganization = options.peersPerOrganization ?? 2;
    const ordererCount = options.orderers ?? 3;
    const portOffset = await freeOffset({ ordererCount, peerCountPerOrganization });
    const scratch = await mkdtemp(join(tmpdir(), "heddle-test-"));
    const network = new TestNetwork(
      scratch,
      planTopology({ ordererCount, peerCountPerOrganization, portOffset }),
    );
    const counts = ["--peers-per-org", peerCountPerOrganization, "--orderers", ordererCount];
    const flags = options.namespaces === true ? ["--namespaces"] : [];
    const sizes = [...counts.map(String), ...flags];
    await network.must("up", "--detach", "--port-offset", String(portOffset), ...sizes);
    return network;
  }

  /** Runs a command against this network. */
  run(...args: readonly string[]): Promise<CliResult> {
    return heddle([...args, "--dir", this.directory]);
  }

  /** As `run`, and fails the test unless the command succeeds. Answers its JSON document. */
  async must(...args: readonly string[]): Promise<unknown> {
    const result = await this.run(...args, "--json");
    if (result.code !== 0) {
      throw new Error(
        `heddle ${args.join(" ")} ended with ${result.code}:\n${result.stderr}\n${result.stdout}`,
      );
    }
    return JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "null");
  }

  async status(): Promise<StatusDocument> {
    const { stdout } = await this.run("status", "--json");
    return JSON.parse(stdout) as StatusDocument;
  }

  /** Process number of a node that runs. */
  async pidOf(name: string): Promise<number> {
    const running = await readRunFile(join(this.directory, "nodes", name, "data"));
    if (running === undefined) throw new Error(`${name} does not run`);
    return running.pid;
  }

  /** What a node's metrics endpoint says; undefined while it does not answer. */
  async metric(name: string, metric: string): Promise<number | undefined> {
    const sites = [
      ...this.topology.orderers,
      ...this.topology.organizations.flatMap(({ peers }) => peers),
    ];
    const { operationsPort } = sites.find((site) => site.name === name)!;
    const response = await fetch(`http://127.0.0.1:${operationsPort}/metrics`).catch(
      () => undefined,
    );
    const text = (await response?.text()) ?? "";
    const line = text
      .split("\n")
      .find(
        (candidate) => /^[{ ]/.test(candidate.slice(metric.length)) && candidate.startsWith(metric),
      );
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  async height(name: string): Promise<number> {
    return (await this.metric(name, "ledger_blockchain_height")) ?? 0;
  }

  /** Name of the orderer that leads. */
  async leader(): Promise<string | undefined> {
    for (const { name } of this.topology.orderers) {
      if ((await this.metric(name, "consensus_etcdraft_is_leader")) === 1) return name;
    }
    return undefined;
  }

  /** Ends one node as an operator would. */
  async stopNode(name: string): Promise<void> {
    const pid = await this.pidOf(name);
    process.kill(pid, "SIGTERM");
    await this.until(`${name} ended`, () => Promise.resolve(!isAlive(pid)));
  }

  /** Starts one node again, waits until it serves, and answers its process number. */
  async restart(
    name: string,
    serves: () => Promise<boolean> = async () => (await this.height(name)) > 0,
  ): Promise<number> {
    const role = name.startsWith("orderer") ? "orderer" : "peer";
    const config = join(this.directory, "nodes", name, "config.yaml");
    const log = await open(join(this.directory, "nodes", name, "node.log"), "a");
    const child = spawn(process.execPath, [program, role, "start", "--config", config], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    child.unref();
    await log.close();
    await this.until(`${name} serves`, serves);
    return child.pid!;
  }

  /** An unmodified client of Fabric's, through the organisation's peer of that number. */
  async connect(
    organization: PeerOrganization,
    peerIndex = 0,
  ): Promise<{ gateway: Gateway; network: Network }> {
    const peer = organization.peers[peerIndex]!;
    const base = join(this.directory, "organizations/peerOrganizations", organization.domain);
    const msp = join(base, "users", `User1@${organization.domain}`, "msp");
    const certificate = await readFile(
      join(msp, "signcerts", `User1@${organization.domain}-cert.pem`),
    );
    const key = createPrivateKey(await readFile(join(msp, "keystore", "priv_sk")));
    const client = new grpc.Client(
      `127.0.0.1:${peer.port}`,
      grpc.credentials.createSsl(await readFile(join(base, "peers", peer.name, "tls", "ca.crt"))),
      { "grpc.ssl_target_name_override": peer.name },
    );
    const gateway = connectGateway({
      client,
      identity: { mspId: organization.mspId, credentials: certificate },
      hash: (message) => message,
      signer: (message) => Promise.resolve(toLowS(ecdsaSign("sha256", message, key), CURVES[0]!)),
      endorseOptions: () => ({ deadline: Date.now() + 15_000 }),
      submitOptions: () => ({ deadline: Date.now() + 30_000 }),
      commitStatusOptions: () => ({ deadline: Date.now() + 60_000 }),
    });
    this.#closers.push(() => {
      gateway.close();
      client.close();
    });
    return { gateway, network: gateway.getNetwork(this.topology.channelId) };
  }

  /** Resolves when `condition` holds; fails the test with `what` when it does not in time. */
  async until(what: string, condition: () => Promise<boolean>, timeoutMs = 100_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closers) close();
    await this.run("down");
    await rm(this.#scratch, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Above the ports of networks in a test's process. */
const OFFSET_MIN = 10_000;
/** With room for nodes that are added, below what the system gives to connections: one might take a stopped node's port. */
const PORT_MAX = 30_000;
/**
 * Ports of a plan end in 050 to 053 or 443, and on top of it the offset's last three digits. Offsets of two workers never
 * agree in these, so that none takes a port of a node that another has stopped for a while.
 */
const OFFSET_STEP = 20;
const WORKERS = 2;

/** An offset at which every port of a network is free. */
export async function freeOffset(options: Omit<TopologyOptions, "portOffset">): Promise<number> {
  const highest = Math.max(...planned({ ...options, portOffset: 0 }));
  const stride = OFFSET_STEP * WORKERS;
  const own = OFFSET_STEP * (Number(process.env["VITEST_POOL_ID"] ?? 0) % WORKERS);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const steps = randomInt(Math.floor((PORT_MAX - OFFSET_MIN - highest) / stride));
    const portOffset = OFFSET_MIN + steps * stride + own;
    const free = await Promise.all(planned({ ...options, portOffset }).map(isFree));
    if (free.every(Boolean)) return portOffset;
  }
  throw new Error("found no free ports for a network");
}

function planned(options: TopologyOptions): readonly number[] {
  return portsOf(planTopology(options)).map(({ port }) => port);
}

/** A port that nobody listens on, and no connection will take. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
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
