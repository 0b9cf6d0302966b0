/**
 * What channels cost three orderers that have many of them: memory and processor time while nothing is ordered, and
 * transactions a second, spread over all channels. Real processes, in a development network with few peers; Fabric's
 * default tick of 500 ms. Prints a table and one JSON line.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  BATCH_SIZE_DEFAULT,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
} from "../src/channel/index.ts";
import { formatTable } from "../src/cli/table.ts";
import { GrpcDialer } from "../src/kernel/adapters/grpc-dialer.ts";
import { systemRandom } from "../src/kernel/adapters/system-random.ts";
import type { Signer } from "../src/kernel/ports/signer.ts";
import { readMspDirectory, readSigner } from "../src/msp/adapters/index.ts";
import { DevelopmentNetwork } from "../src/network/index.ts";
import {
  AtomicBroadcastDefinition,
  Block,
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  Status,
  create,
  encode,
  methodOf,
  transactionId,
  type Envelope,
} from "../src/wire/index.ts";

const COUNTS = [1, 10, 100];
const SETTLE_MS = 5_000;
const IDLE_MS = 15_000;
const LOAD_MS = 8_000;
const IN_FLIGHT = 64;
const PORT_OFFSET = 26_000;
/** Of one clock tick in /proc. */
const TICKS_PER_SECOND = 100;

interface Figures {
  readonly channels: number;
  readonly rssMebibytes: number;
  readonly idleCpuSecondsPerMinute: number;
  readonly joinMs: number;
  readonly transactionsPerSecond: number;
}

const scratch = await mkdtemp(join(tmpdir(), "heddle-bench-"));
const { network } = await DevelopmentNetwork.openOrCreate(
  join(scratch, "network"),
  { ordererCount: 3, peerCountPerOrganization: 1, portOffset: PORT_OFFSET },
  () => undefined,
);
const { layout } = network;
const { orderers, organizations } = network.topology;
const signer = await readSigner(join(layout.ordererAdmin("example.com"), "msp"), "OrdererMSP");
// The development network's own channel is the first.
const channels = ["mychannel"];

await network.start();
try {
  await network.untilReady();
  const results: Figures[] = [];
  for (const count of COUNTS) results.push(await measure(count));
  print(results);
} finally {
  await network.reset();
  await rm(scratch, { recursive: true, force: true });
}

async function measure(count: number): Promise<Figures> {
  const joinMs = await joinUpTo(count);
  await delay(SETTLE_MS);
  const before = await cpuSeconds();
  await delay(IDLE_MS);
  const idle = ((await cpuSeconds()) - before) / orderers.length;
  const rss = await rssMebibytes();
  return {
    channels: count,
    rssMebibytes: Math.round(rss),
    idleCpuSecondsPerMinute: round(idle * (60_000 / IDLE_MS)),
    joinMs: Math.round(joinMs),
    transactionsPerSecond: Math.round(await throughput()),
  };
}

/** Milliseconds of one join, at one orderer. */
async function joinUpTo(count: number): Promise<number> {
  let joins = 0;
  const startMs = performance.now();
  while (channels.length < count) {
    const channelId = `channel-${channels.length}`;
    const block = encode(Block, await genesisOf(channelId));
    for (const { name } of orderers) {
      await (await network.ordererAdmin(name)).join(block);
      joins += 1;
    }
    channels.push(channelId);
  }
  return joins === 0 ? 0 : (performance.now() - startMs) / joins;
}

async function genesisOf(channelId: string): Promise<Block> {
  const consenters = await Promise.all(
    orderers.map(async (site) => {
      const pem = await readFile(join(layout.orderer(site), "tls", "server.crt"));
      return { host: site.name, port: site.port, clientTlsCertPem: pem, serverTlsCertPem: pem };
    }),
  );
  const ordererMsp = join(layout.ordererOrganization("example.com"), "msp");
  return buildGenesisBlock({
    channelId,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: 500,
    raftOptions: RAFT_OPTIONS_DEFAULT,
    consenters,
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: "OrdererMSP",
        msp: await readMspDirectory(ordererMsp, "OrdererMSP"),
        endpoints: orderers.map(({ name, port }) => `${name}:${port}`),
      },
    ],
    applicationOrganizations: await Promise.all(
      organizations.map(async ({ mspId, domain }) => ({
        name: mspId,
        mspId,
        msp: await readMspDirectory(join(layout.peerOrganization(domain), "msp"), mspId),
        anchorPeers: [],
      })),
    ),
    nonce: systemRandom.bytes(24),
    timestampMs: Date.now(),
  });
}

/** Transactions a second that the first orderer acknowledges, on one stream for each channel up to `IN_FLIGHT`. */
async function throughput(): Promise<number> {
  const [site] = orderers;
  if (site === undefined) throw new Error("the network has no orderer");
  const dialled = new GrpcDialer({}).dial({
    address: `127.0.0.1:${site.port}`,
    tls: {
      rootsPem: [await readFile(join(layout.orderer(site), "tls", "ca.crt"))],
      serverName: site.name,
    },
  });
  const endMs = performance.now() + LOAD_MS;
  let acknowledged = 0;
  const work = async (place: number): Promise<void> => {
    const stream = dialled.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
    const responses = stream.responses[Symbol.asyncIterator]();
    for (let sent = place; performance.now() < endMs; sent += IN_FLIGHT) {
      await stream.send(await envelope(signer, channels[sent % channels.length] ?? "mychannel"));
      const answer = await responses.next();
      if (answer.done === true || answer.value.status !== Status.SUCCESS) break;
      acknowledged += 1;
    }
    stream.cancel();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, place) => work(place)));
  dialled.close();
  return acknowledged / (LOAD_MS / 1_000);
}

async function envelope(client: Signer, channelId: string): Promise<Envelope> {
  const nonce = systemRandom.bytes(24);
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    channelId,
    txId: transactionId(nonce, client.identity),
  });
  const header = {
    channelHeader: encode(ChannelHeader, channelHeader),
    signatureHeader: encode(SignatureHeader, { creator: client.identity, nonce }),
  };
  const payload = encode(Payload, { header, data: systemRandom.bytes(1_000) });
  return { payload, signature: await client.sign(payload) };
}

async function cpuSeconds(): Promise<number> {
  let ticks = 0;
  for (const pid of await ordererPids()) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // After the name in parentheses: field 3 and on; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

async function rssMebibytes(): Promise<number> {
  let kibibytes = 0;
  for (const pid of await ordererPids()) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    kibibytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return kibibytes / 1_024 / orderers.length;
}

async function ordererPids(): Promise<readonly number[]> {
  const nodes = await network.status();
  return nodes.flatMap(({ role, pid }) => (role === "orderer" && pid !== undefined ? [pid] : []));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(results: readonly Figures[]): void {
  const rows = results.map((each) => [
    String(each.channels),
    String(each.rssMebibytes),
    String(each.idleCpuSecondsPerMinute),
    String(each.joinMs),
    String(each.transactionsPerSecond),
  ]);
  const header = ["CHANNELS", "RSS MiB", "IDLE CPU s/min", "JOIN ms", "TX/s"];
  const cpu = cpus();
  const machine = `${cpu.length} × ${cpu[0]?.model ?? "unknown"}`;
  process.stdout.write(`${formatTable(header, rows)}\n`);
  process.stdout.write(
    `${JSON.stringify({ bench: "channels", node: process.version, machine, results })}\n`,
  );
}
