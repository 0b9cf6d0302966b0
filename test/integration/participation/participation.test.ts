/** Orderers as processes join, follow and leave a second channel while they run. */
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BATCH_SIZE_DEFAULT,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
  computeConfigUpdate,
  configOfBlock,
} from "../../../src/channel/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { readMspDirectory, readSigner } from "../../../src/msp/adapters/index.ts";
import { NetworkLayout } from "../../../src/network/layout.ts";
import {
  AtomicBroadcastDefinition,
  BatchTimeout,
  Block,
  ChannelHeader,
  ConsensusType,
  Envelope,
  EtcdraftConfigMetadata,
  HeaderType,
  Payload,
  SignatureHeader,
  Status,
  create,
  decode,
  encode,
  methodOf,
  transactionId,
  type EtcdraftConsenter,
} from "../../../src/wire/index.ts";
import { updateEnvelope } from "../../support/sample-updates.ts";
import { TestNetwork } from "../network/harness.ts";

const SLOW_MACHINE_MS = 120_000;
const CHANNEL = "second";

interface Row {
  readonly orderer: string;
  readonly name: string;
  readonly consensusRelation: string;
  readonly status: string;
  readonly height: number;
}

let net: TestNetwork;
let layout: NetworkLayout;
let client: Signer;
let blockFile: string;
let names: readonly string[];

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 1 });
  layout = new NetworkLayout(net.directory);
  names = net.topology.orderers.map(({ name }) => name);
  client = await readSigner(join(layout.ordererAdmin("example.com"), "msp"), "OrdererMSP");
  blockFile = join(net.directory, "second.block");
  await writeFile(blockFile, encode(Block, await genesisOfFirstTwo()));
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

/** A channel that the first two orderers order. */
async function genesisOfFirstTwo(): Promise<Block> {
  const members = net.topology.orderers.slice(0, 2);
  const consenters = await Promise.all(
    members.map(async (site) => {
      const certificate = await readFile(join(layout.orderer(site), "tls", "server.crt"));
      const [clientTlsCertPem, serverTlsCertPem] = [certificate, certificate];
      return { host: site.name, port: site.port, clientTlsCertPem, serverTlsCertPem };
    }),
  );
  const ordererMsp = join(layout.ordererOrganization("example.com"), "msp");
  return buildGenesisBlock({
    channelId: CHANNEL,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: 500,
    raftOptions: { ...RAFT_OPTIONS_DEFAULT, tickIntervalMs: 100, heartbeatTicks: 2 },
    consenters,
    ordererOrganizations: [
      {
        name: "OrdererOrg",
        mspId: "OrdererMSP",
        msp: await readMspDirectory(ordererMsp, "OrdererMSP"),
        endpoints: members.map(({ name, port }) => `${name}:${port}`),
      },
    ],
    applicationOrganizations: await Promise.all(
      net.topology.organizations.map(async ({ mspId, domain }) => ({
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

async function rows(channel = CHANNEL): Promise<readonly Row[]> {
  const { channels } = (await net.must("channel", "list")) as { channels: readonly Row[] };
  return channels.filter(({ name }) => name === channel);
}

async function untilLevel(height: number, count = 3): Promise<void> {
  await net.until(`${count} orderers have ${height} blocks`, async () => {
    const all = await rows();
    return all.length === count && all.every((row) => row.height === height);
  });
}

/** Orders one envelope at an orderer; the status of its answer. */
async function broadcast(place: number): Promise<Status> {
  const site = net.topology.orderers[place]!;
  const nonce = systemRandom.bytes(24);
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    channelId: CHANNEL,
    txId: transactionId(nonce, client.identity),
  });
  const header = {
    channelHeader: encode(ChannelHeader, channelHeader),
    signatureHeader: encode(SignatureHeader, { creator: client.identity, nonce }),
  };
  const payload = encode(Payload, { header, data: systemRandom.bytes(100) });
  const root = await readFile(join(layout.orderer(site), "tls", "ca.crt"));
  const channel = new GrpcDialer({}).dial({
    address: `127.0.0.1:${site.port}`,
    tls: { rootsPem: [root], serverName: site.name },
  });
  try {
    const stream = channel.stream(methodOf(AtomicBroadcastDefinition, "broadcast"));
    await stream.send({ payload, signature: await client.sign(payload) });
    for await (const { status } of stream.responses) return status;
    throw new Error("the orderer ended the stream without an answer");
  } finally {
    channel.close();
  }
}

async function order(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    await net.until("an envelope is ordered", async () => {
      const status = await broadcast(sent % 2);
      return status === Status.SUCCESS;
    });
  }
}

describe("a second channel", { timeout: SLOW_MACHINE_MS }, () => {
  test("is ordered by its consenters and followed by the third orderer", async () => {
    const joined = (await net.must("channel", "join", "--block", blockFile)) as {
      readonly channels: readonly Row[];
    };
    expect(joined.channels.map((row) => [row.consensusRelation, row.status, row.height])).toEqual([
      ["consenter", "active", 1],
      ["consenter", "active", 1],
      ["follower", "active", 1],
    ]);
    await order(4);
    await untilLevel(5);
    expect(await broadcast(2)).toBe(Status.BAD_REQUEST);
    expect((await rows("mychannel")).map(({ status }) => status)).toEqual(Array(3).fill("active"));
  });

  test("is not joined twice", async () => {
    const again = await net.run("channel", "join", "--block", blockFile, "--json");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("cannot join: channel already exists");
  });

  test("is there again after kill -9, and what came meanwhile is fetched", async () => {
    const before = (await rows())[2]!.height;
    for (const name of [names[2]!, names[0]!]) process.kill(await net.pidOf(name), "SIGKILL");
    await net.restart(names[0]!);
    await order(3);
    await net.restart(names[2]!);
    await untilLevel(before + 3);
    expect((await rows()).map(({ consensusRelation }) => consensusRelation)).toEqual([
      "consenter",
      "consenter",
      "follower",
    ]);
  });

  test("leaves nothing when it is removed, and can be joined anew", async () => {
    await net.must("channel", "remove", CHANNEL);
    expect(await rows()).toEqual([]);
    const unknown = await net.run("channel", "remove", CHANNEL);
    expect(unknown.stderr).toContain("cannot remove: channel does not exist");
    await net.must("channel", "join", "--block", blockFile);
    await order(2);
    await untilLevel(3);
  });
});

describe("an orderer that joins late", { timeout: SLOW_MACHINE_MS }, () => {
  /** Changes the channel's batch timeout; the config block that says so. */
  async function changedConfig(): Promise<Uint8Array> {
    const before = configOfBlock(decode(Block, await fetchBlock("config"))).channelGroup!;
    const orderer = before.groups.get("Orderer")!;
    const values = new Map(orderer.values);
    const value = encode(BatchTimeout, { timeout: "250ms" });
    values.set("BatchTimeout", { ...values.get("BatchTimeout")!, value });
    const groups = new Map(before.groups).set("Orderer", { ...orderer, values });
    const update = computeConfigUpdate(CHANNEL, before, { ...before, groups })!;
    const answer = await channelApi(
      "PUT",
      "",
      encode(Envelope, await updateEnvelope(update, [client])),
    );
    expect(answer.status).toBe(201);
    return fetchBlock("config");
  }

  async function fetchBlock(which: string): Promise<Uint8Array> {
    const { status, body } = await channelApi("GET", `/${CHANNEL}/blocks/${which}`);
    expect(status).toBe(200);
    return body;
  }

  test("with a later config block fetches the blocks before it, though it is killed meanwhile", async () => {
    await net.must("channel", "remove", CHANNEL, "--orderer", names[2]!);
    await order(6);
    const joinFile = join(net.directory, "later.block");
    const joinBlock = await changedConfig();
    await writeFile(joinFile, joinBlock);
    const { number } = decode(Block, joinBlock).header!;
    expect(number).toBeGreaterThan(6);
    await order(2);
    const goal = (await rows())[0]!.height;
    const pid = await net.pidOf(names[2]!);
    const joined = await net.must("channel", "join", "--block", joinFile, "--orderer", names[2]!);
    process.kill(pid, "SIGKILL");
    expect(joined).toMatchObject({ channels: [{ consensusRelation: "follower" }] });
    await net.restart(names[2]!);
    await untilLevel(goal);
    expect((await rows())[2]).toMatchObject({ consensusRelation: "follower", status: "active" });
  });
});

describe("the third orderer", { timeout: SLOW_MACHINE_MS }, () => {
  /** Orders a configuration with these consenters; the places of orderers. */
  async function haveConsenters(places: readonly number[]): Promise<void> {
    const current = await channelApi("GET", `/${CHANNEL}/blocks/config`);
    const before = configOfBlock(decode(Block, current.body)).channelGroup!;
    const orderer = before.groups.get("Orderer")!;
    const values = new Map(orderer.values);
    const type = decode(ConsensusType, values.get("ConsensusType")!.value);
    const metadata = decode(EtcdraftConfigMetadata, type.metadata);
    const consenters = await Promise.all(places.map(consenterAt));
    const changed = encode(EtcdraftConfigMetadata, { ...metadata, consenters });
    const value = encode(ConsensusType, { ...type, metadata: changed });
    values.set("ConsensusType", { ...values.get("ConsensusType")!, value });
    const groups = new Map(before.groups).set("Orderer", { ...orderer, values });
    const update = computeConfigUpdate(CHANNEL, before, { ...before, groups })!;
    const envelope = encode(Envelope, await updateEnvelope(update, [client]));
    await net.until("the configuration is taken", async () => {
      const { status } = await channelApi("PUT", "", envelope);
      return status === 201;
    });
  }

  async function consenterAt(place: number): Promise<EtcdraftConsenter> {
    const site = net.topology.orderers[place]!;
    const certificate = await readFile(join(layout.orderer(site), "tls", "server.crt"));
    const [clientTlsCert, serverTlsCert] = [certificate, certificate];
    return { host: site.name, port: site.port, clientTlsCert, serverTlsCert };
  }

  async function untilThirdIs(relation: "consenter" | "follower"): Promise<void> {
    await net.until(`the third orderer is a ${relation}`, async () => {
      const [first, , third] = await rows();
      if (first === undefined || third === undefined) return false;
      const isLevel = third.height === first.height && third.status === "active";
      return isLevel && third.consensusRelation === relation;
    });
  }

  async function untilThirdOrders(): Promise<void> {
    await net.until("the third orderer orders", async () => {
      const status = await broadcast(2);
      return status === Status.SUCCESS;
    });
  }

  test("becomes a consenter that votes, a follower again, and a consenter anew, by configuration alone", async () => {
    await haveConsenters([0, 1, 2]);
    await untilThirdIs("consenter");
    await untilThirdOrders();
    // Without its vote the first alone is no majority.
    process.kill(await net.pidOf(names[1]!), "SIGKILL");
    await untilThirdOrders();
    await net.restart(names[1]!);
    await untilLevel((await rows())[0]!.height);
    await haveConsenters([0, 1]);
    await untilThirdIs("follower");
    await order(2);
    await untilThirdIs("follower");
    expect(await broadcast(2)).not.toBe(Status.SUCCESS);
    await haveConsenters([0, 1, 2]);
    await untilThirdIs("consenter");
    await untilThirdOrders();
    await untilLevel((await rows())[0]!.height);
  });
});

/** Calls the first orderer's API as its administrator. A body is sent as the form that updates take. */
async function channelApi(
  method: string,
  path: string,
  envelope?: Uint8Array,
): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  const site = net.topology.orderers[0]!;
  const tls = join(layout.ordererAdmin("example.com"), "tls");
  const [cert, key] = await Promise.all(
    ["client.crt", "client.key"].map((name) => readFile(join(tls, name))),
  );
  const ca = await readFile(join(layout.orderer(site), "tls", "ca.crt"));
  const head =
    '--bb\r\nContent-Disposition: form-data; name="config-update-envelope"; filename="u"\r\n\r\n';
  const body = envelope && Buffer.concat([utf8(head), envelope, utf8("\r\n--bb--\r\n")]);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: site.adminPort,
        servername: site.name,
        path: `/participation/v1/channels${path}`,
        method,
        headers: body === undefined ? {} : { "Content-Type": "multipart/form-data; boundary=bb" },
        agent: false,
        ca,
        cert,
        key,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode!, body: new Uint8Array(Buffer.concat(chunks)) });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("the administration port", () => {
  interface Caller {
    readonly cert: Buffer;
    readonly key: Buffer;
  }

  function call(caller: Partial<Caller>, body?: Buffer, type = "text/plain"): Promise<number> {
    const site = net.topology.orderers[0]!;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port: site.adminPort,
          path: "/participation/v1/channels",
          method: body === undefined ? "GET" : "POST",
          headers: body === undefined ? {} : { "Content-Type": type },
          rejectUnauthorized: false,
          agent: false,
          ...caller,
        },
        (response) => {
          response.resume();
          response.on("end", () => {
            resolve(response.statusCode!);
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  async function callerOf(folder: string): Promise<Caller> {
    const tls = join(folder, "tls");
    const cert = await readFile(join(tls, "client.crt"));
    return { cert, key: await readFile(join(tls, "client.key")) };
  }

  test("admits the orderers' administrator only", async () => {
    expect(await call(await callerOf(layout.ordererAdmin("example.com")))).toBe(200);
    await expect(call({})).rejects.toThrow();
    const stranger = await callerOf(layout.user("org1.example.com", "Admin"));
    await expect(call(stranger)).rejects.toThrow();
  });

  test("refuses a body that is too large, and goes on", async () => {
    const admin = await callerOf(layout.ordererAdmin("example.com"));
    const body = Buffer.alloc(3 * 1024 * 1024, "--bb\r\n");
    expect(await call(admin, body, "multipart/form-data; boundary=bb")).toBe(400);
    expect(await call(admin)).toBe(200);
  });
});
