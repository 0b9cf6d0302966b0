import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { equalBytes, toHex, utf8 } from "../../../src/kernel/bytes.ts";
import type { Block, ConsensusRequest } from "../../../src/wire/index.ts";
import {
  ClusterDefinition,
  Envelope,
  Status,
  blockHeaderHash,
  encode,
  methodOf,
  type BroadcastResponse,
  type StepRequest,
} from "../../../src/wire/index.ts";
import { GrpcDialer, type GrpcDialerOptions } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { BlockVerifier } from "../../../src/delivery/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import { CHANNEL, OrderingNetwork, until, type TestOrderer } from "./ordering-network.ts";

let network: OrderingNetwork | undefined;

afterEach(async () => {
  await network?.stop();
  network = undefined;
});

async function started(count?: number): Promise<OrderingNetwork> {
  network = await OrderingNetwork.start(count);
  await network.leader();
  return network;
}

async function broadcast(
  orderer: TestOrderer,
  ...envelopes: Envelope[]
): Promise<BroadcastResponse[]> {
  const client = network!.broadcaster(orderer);
  try {
    for (const envelope of envelopes) await client.stream.send(envelope);
    const responses: BroadcastResponse[] = [];
    while (responses.length < envelopes.length) {
      const next = await client.responses.next();
      if (next.done === true) break;
      responses.push(next.value);
    }
    return responses;
  } finally {
    client.close();
  }
}

async function chainOf(orderer: TestOrderer): Promise<Block[]> {
  const { blocks } = orderer.orderer;
  const chain: Block[] = [];
  for (let number = 0; number < blocks.height; number += 1)
    chain.push((await blocks.read(number))!);
  return chain;
}

function hashes(chain: readonly Block[]): string[] {
  return chain.map((block) => toHex(blockHeaderHash(block.header!)));
}

function level(orderers: readonly TestOrderer[], height: number): Promise<true> {
  return until(() =>
    orderers.every(({ orderer }) => orderer.blocks.height >= height) ? true : undefined,
  );
}

describe("three orderers over TLS", () => {
  test("order what any of them is sent, in blocks that all of them have and sign", async () => {
    const { orderers, ...rest } = await started();
    const sent: Envelope[] = [];
    for (const orderer of orderers) {
      const envelopes = await Promise.all(Array.from({ length: 10 }, () => network!.envelope()));
      sent.push(...envelopes);
      const responses = await broadcast(orderer, ...envelopes);
      expect(responses.map(({ status }) => status)).toEqual(envelopes.map(() => Status.SUCCESS));
      // Acknowledged means durable, here and now.
      const ordered = (await chainOf(orderer)).flatMap((block) => block.data!.data);
      for (const envelope of envelopes) {
        const bytes = encode(Envelope, envelope);
        expect(ordered.filter((each) => equalBytes(each, bytes))).toHaveLength(1);
      }
    }
    const { height } = orderers[0]!.orderer.blocks;
    await level(orderers, height);
    const chains = await Promise.all(orderers.map(chainOf));
    expect(hashes(chains[1]!)).toEqual(hashes(chains[0]!));
    expect(hashes(chains[2]!)).toEqual(hashes(chains[0]!));
    expect(chains[0]!.slice(1).flatMap((block) => block.data!.data)).toHaveLength(sent.length);
    expect(rest.genesisBlock.header).toEqual(chains[0]![0]!.header);
    for (const [place, chain] of chains.entries()) {
      const verifier = new BlockVerifier(orderers[place]!.orderer.config);
      for (let number = 1; number < chain.length; number += 1) {
        const previousHash = blockHeaderHash(chain[number - 1]!.header!);
        expect(await verifier.verify(chain[number]!, { number, previousHash })).toEqual({
          ok: true,
        });
      }
    }
  });

  test("go on when the leader is killed, and lose nothing that was acknowledged", async () => {
    const { orderers } = await started();
    const acknowledged: Uint8Array[] = [];
    let isDone = false;
    const leader = await network!.leader();
    const others = orderers.filter((orderer) => orderer !== leader);
    const clients = others.map(async (orderer) => {
      while (!isDone) {
        const envelope = await network!.envelope();
        const [response] = await broadcast(orderer, envelope);
        if (response?.status === Status.SUCCESS) acknowledged.push(encode(Envelope, envelope));
        // The others know within their deadline: no client sees the leader go.
        expect(response?.status).toBe(Status.SUCCESS);
      }
    });
    await until(() => (acknowledged.length > 20 ? true : undefined));
    await leader.kill();
    const before = acknowledged.length;
    await until(() => (acknowledged.length > before + 20 ? true : undefined));
    isDone = true;
    await Promise.all(clients);
    await leader.listen();
    await leader.open(network!.genesisBlock);
    const heights = others.map(({ orderer }) => orderer.blocks.height);
    await level(orderers, Math.max(...heights));
    const [first, ...chains] = await Promise.all(orderers.map(chainOf));
    for (const chain of chains) expect(hashes(chain)).toEqual(hashes(first!));
    const ordered = first!.flatMap((block) => block.data!.data.map(toHex));
    expect(new Set(ordered).size).toBe(ordered.length);
    for (const bytes of acknowledged) expect(ordered).toContain(toHex(bytes));
  });

  test("answer an envelope that comes again with success and order it once", async () => {
    const { orderers } = await started();
    const envelope = await network!.envelope();
    for (const orderer of orderers) {
      await level(orderers, orderers[0]!.orderer.blocks.height);
      expect((await broadcast(orderer, envelope)).map(({ status }) => status)).toEqual([
        Status.SUCCESS,
      ]);
    }
    await level(orderers, 2);
    expect(orderers.map(({ orderer }) => orderer.blocks.height)).toEqual([2, 2, 2]);
  });

  test("without a majority say so by the deadline instead of pretending", async () => {
    const { orderers } = await started();
    const [kept, ...others] = orderers;
    await Promise.all(others.map((orderer) => orderer.kill()));
    const [response] = await broadcast(kept!, await network!.envelope());
    expect(response?.status).toBe(Status.SERVICE_UNAVAILABLE);
    expect(kept!.orderer.trouble().aborted).toBe(true);
  });
});

describe("one orderer over TLS", () => {
  test("refuses in Fabric's order and words, and ends the stream after a refusal", async () => {
    const { orderers } = await started(1);
    const [orderer] = orderers;
    const good = await network!.envelope();
    const cases: [Envelope, BroadcastResponse][] = [
      [
        { payload: new Uint8Array(0), signature: utf8("x") },
        { status: Status.BAD_REQUEST, info: "could not determine channel ID: header not set" },
      ],
      [
        await network!.envelope({ channelId: "nope" }),
        { status: Status.BAD_REQUEST, info: "channel does not exist" },
      ],
      [
        { ...good, signature: good.signature.map((byte) => byte ^ 1) },
        { status: Status.FORBIDDEN, info: expect.stringMatching(/permission denied$/) as string },
      ],
    ];
    const large = await network!.envelope({ data: new Uint8Array(1_000_000) });
    const size = large.payload.length + large.signature.length;
    const info = `message payload is ${size} bytes and exceeds maximum allowed 1000000 bytes`;
    cases.push([large, { status: Status.BAD_REQUEST, info }]);
    for (const [envelope, expected] of cases) {
      // The good one behind it gets no answer.
      expect(await broadcast(orderer!, envelope, good)).toEqual([expected]);
    }
  });

  test("continues its chain after a restart", async () => {
    const { orderers } = await started(1);
    const [orderer] = orderers;
    for (let count = 0; count < 3; count += 1) await broadcast(orderer!, await network!.envelope());
    const before = hashes(await chainOf(orderer!));
    expect(before).toHaveLength(4);
    // Fabric: the member's entry comes first, then the leader's empty one, then block 1.
    expect(recordOf((await chainOf(orderer!))[1]!)?.raftIndex).toBe(3);
    await orderer!.kill();
    await orderer!.listen();
    await orderer!.open(network!.genesisBlock);
    expect(hashes(await chainOf(orderer!))).toEqual(before);
    const responses = await broadcast(orderer!, await network!.envelope());
    expect(responses.map(({ status }) => status)).toEqual([Status.SUCCESS]);
    expect(hashes(await chainOf(orderer!)).slice(0, 4)).toEqual(before);
  });

  test.each<[string, StepRequest, "none" | "client" | "consenter", string]>([
    [
      "no channel",
      { payload: undefined },
      "consenter",
      "badly formatted message, cannot extract channel",
    ],
    ["another channel", consensus("nope"), "consenter", "channel nope doesn't exist"],
    ["no certificate", consensus(CHANNEL), "none", "no TLS certificate sent"],
    [
      "a client's certificate",
      consensus(CHANNEL),
      "client",
      "certificate extracted from TLS connection isn't authorized",
    ],
    [
      "garbage",
      consensus(CHANNEL),
      "consenter",
      "failed to unmarshal StepRequest payload to Raft Message: ",
    ],
  ])("ends a cluster stream that brings %s", async (_, request, caller, text) => {
    const { orderers, tlsRootPem, clientTls } = await started(1);
    const tls = { none: undefined, client: clientTls, consenter: orderers[0]!.node.tls }[caller];
    const channel = new GrpcDialer(tls === undefined ? {} : await clientCertificate(tls)).dial({
      address: `127.0.0.1:${orderers[0]!.port}`,
      tls: { rootsPem: [tlsRootPem] },
    });
    const stream = channel.stream(methodOf(ClusterDefinition, "step"));
    await stream.send(request);
    const outcome: unknown = await stream.responses[Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject({
      code: "UNKNOWN",
      message: expect.stringContaining(text) as string,
    });
    channel.close();
  });
});

async function clientCertificate(tls: {
  readonly certificate: string;
  readonly key: string;
}): Promise<GrpcDialerOptions> {
  const certificatePem = await readFile(tls.certificate);
  return { clientCertificate: { certificatePem, keyPem: await readFile(tls.key) } };
}

function consensus(channel: string): StepRequest {
  const value = {
    channel,
    payload: utf8("x"),
    metadata: new Uint8Array(0),
  } satisfies ConsensusRequest;
  return { payload: { $case: "consensusRequest", value } };
}
