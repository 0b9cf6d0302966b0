/**
 * `npm run bench`: closed-loop load through the unmodified `@hyperledger/fabric-gateway` against a network of real
 * processes, after a warm-up: the figures are those of compiled code. Prints a table and appends one line to test/bench/results.ndjson.
 *
 * Back of the envelope: a transaction costs a client signature ×3, two endorsements (a verification, a signature each),
 * an orderer's verification, and at each of four peers three verifications (0.12 ms each): about 2.5 ms of ECDSA
 * over the whole network, so two cores cannot pass 800 tx/s however little else there is.
 */
import { connect, type Contract, type Gateway } from "@hyperledger/fabric-gateway";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createPrivateKey, sign as ecdsaSign } from "node:crypto";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { p256 } from "@noble/curves/nist.js";
import { readSource } from "../src/cli/commands/deploy.ts";
import { DevelopmentNetwork } from "../src/network/development-network.ts";
import { appendToHistory } from "./benchmark/history.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    clients: { type: "string", default: "1,16,64" },
    "warm-up": { type: "string", default: "2000" },
    "port-offset": { type: "string", default: "20000" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(
    "Usage: npm run bench [-- --seconds 10 --clients 1,16,64 --warm-up 2000 --port-offset 20000]",
  );
  process.exit(0);
}

/** Milliseconds. */
interface Phases {
  readonly endorse: number;
  readonly order: number;
  readonly commit: number;
}

interface Figures {
  readonly clients: number;
  readonly transactionsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly endorseP50Ms: number;
  readonly orderP50Ms: number;
  readonly commitP50Ms: number;
  readonly failed: number;
  /** CPU seconds that each process used during the measurement. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly cpuMsPerTransaction: number;
  /** Of the process that submits and signs; not part of the network's. */
  readonly clientCpuMsPerTransaction: number;
}

const directory = await mkdtemp(join(tmpdir(), "heddle-bench-"));
const folder = join(directory, "network");
const { network } = await DevelopmentNetwork.openOrCreate(
  folder,
  { ordererCount: 3, peerCountPerOrganization: 2, portOffset: Number(options["port-offset"]) },
  () => undefined,
);
try {
  await network.start();
  await network.untilReady();
  await network.deploy(
    {
      name: "basic",
      version: "1.0",
      package: await readSource(join(root, "config/samples/asset-transfer"), "basic_1.0"),
      policy: undefined,
      initRequired: false,
    },
    () => undefined,
  );
  await warmUp(Number(options["warm-up"]));
  const results: Figures[] = [];
  for (const clients of options.clients.split(",").map(Number))
    results.push(await measure(clients));
  console.table(
    results.map(({ cpuSeconds, ...figures }) => ({
      ...figures,
      cpu: Object.entries(cpuSeconds)
        .map(([name, seconds]) => `${name.split(".").slice(0, 2).join(".")} ${seconds}`)
        .join(", "),
    })),
  );
  await appendToHistory("results.ndjson", results);
} finally {
  await network.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Runs `count` transactions, so that every node has compiled what it runs often. */
async function warmUp(count: number): Promise<void> {
  const { gateway, client } = await openGateway();
  const contract = gateway.getNetwork(network.topology.channelId).getContract("basic");
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = next++; index < count; index = next++) {
        await create(contract, `warm-up-${index}`);
      }
    }),
  );
  gateway.close();
  client.close();
}

async function measure(clients: number): Promise<Figures> {
  const { gateway, client } = await openGateway();
  const contract = gateway.getNetwork(network.topology.channelId).getContract("basic");
  await create(contract, `warm-${clients}-${Date.now()}`);
  const before = await cpuSeconds();
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + Number(options.seconds) * 1_000;
  const taken: Phases[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      for (let round = 0; performance.now() < endsAt; round += 1) {
        try {
          taken.push(await create(contract, `a-${clients}-${index}-${round}-${Date.now()}`));
        } catch {
          failed += 1;
        }
      }
    }),
  );
  const elapsedSeconds = (performance.now() - startedAt) / 1_000;
  const after = await cpuSeconds();
  const own = process.cpuUsage(ownBefore);
  gateway.close();
  client.close();
  const cpu = { network: difference(before, after), client: (own.user + own.system) / 1e6 };
  return figuresOf(clients, taken, failed, elapsedSeconds, cpu);
}

/** Creates an asset; resolves with the milliseconds that each phase took. */
async function create(contract: Contract, id: string): Promise<Phases> {
  const begunAt = performance.now();
  const proposal = contract.newProposal("CreateAsset", {
    arguments: [id, "blue", "5", "Tom", "300"],
  });
  const transaction = await proposal.endorse();
  const endorsedAt = performance.now();
  const commit = await transaction.submit();
  const orderedAt = performance.now();
  const { successful, code } = await commit.getStatus();
  if (!successful) throw new Error(`transaction refused with code ${code}`);
  return {
    endorse: endorsedAt - begunAt,
    order: orderedAt - endorsedAt,
    commit: performance.now() - orderedAt,
  };
}

function figuresOf(
  clients: number,
  taken: readonly Phases[],
  failed: number,
  elapsedSeconds: number,
  cpu: { readonly network: Readonly<Record<string, number>>; readonly client: number },
): Figures {
  const latencies = taken.map(({ endorse, order, commit }) => endorse + order + commit);
  const phase = (name: keyof Phases): number =>
    percentile(
      taken.map((phases) => phases[name]),
      50,
    );
  const networkSeconds = Object.values(cpu.network).reduce((sum, seconds) => sum + seconds, 0);
  const count = Math.max(taken.length, 1);
  return {
    clients,
    transactionsPerSecond: round(taken.length / elapsedSeconds),
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    p99Ms: percentile(latencies, 99),
    endorseP50Ms: phase("endorse"),
    orderP50Ms: phase("order"),
    commitP50Ms: phase("commit"),
    failed,
    cpuSeconds: cpu.network,
    cpuMsPerTransaction: round((networkSeconds * 1_000) / count),
    clientCpuMsPerTransaction: round((cpu.client * 1_000) / count),
  };
}

/** `percent`: 0..100; 0 of nothing. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
  return round(sorted[index] ?? 0);
}

async function openGateway(): Promise<{ gateway: Gateway; client: grpc.Client }> {
  const organization = network.organization("org1");
  const [peer] = organization.peers;
  if (peer === undefined) throw new Error("the network has no peer");
  const user = join(network.layout.user(organization.domain, "User1"), "msp");
  const certificate = await readFile(
    join(user, "signcerts", `User1@${organization.domain}-cert.pem`),
  );
  const key = createPrivateKey(await readFile(join(user, "keystore", "priv_sk")));
  const client = new grpc.Client(
    `127.0.0.1:${peer.port}`,
    grpc.credentials.createSsl(await readFile(network.layout.tlsRoot(organization.domain))),
    { "grpc.ssl_target_name_override": peer.name },
  );
  const gateway = connect({
    client,
    identity: { mspId: organization.mspId, credentials: certificate },
    // The client library hashes first and signs the digest; OpenSSL is what real deployments sign with.
    hash: (message) => message,
    signer: (message) => Promise.resolve(lowS(ecdsaSign("sha256", message, key))),
  });
  return { gateway, client };
}

function lowS(signature: Uint8Array): Uint8Array {
  const parsed = p256.Signature.fromBytes(signature, "der");
  if (!parsed.hasHighS()) return signature;
  return new p256.Signature(parsed.r, p256.Point.Fn.ORDER - parsed.s).toBytes("der");
}

/** CPU seconds that each node's process, and what it started, has used since it began. */
async function cpuSeconds(): Promise<Readonly<Record<string, number>>> {
  const nodes = await network.status();
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,cputimes="], { encoding: "utf8" });
  const processes = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const usage: Record<string, number> = {};
  for (const { name, pid } of nodes) {
    const own = await processSeconds(pid);
    usage[name] = own;
    for (const [child = 0, parent = 0] of processes) {
      if (parent === pid)
        usage[`${name}+contract`] =
          (usage[`${name}+contract`] ?? 0) + (await processSeconds(child));
    }
  }
  return usage;
}

async function processSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid ?? 0}/stat`, "utf8").catch(() => "");
  // After the command's name in parentheses: utime and stime are the 12th and 13th fields, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, round(seconds - (before[name] ?? 0))]),
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
