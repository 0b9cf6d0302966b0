import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../../../src/crypto/index.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import { RpcError, type RpcStream } from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  GossipDefinition,
  GossipMessage,
  GossipMessage_Tag,
  SerializedIdentity,
  create,
  decode,
  encode,
  methodOf,
  type GossipEnvelope,
} from "../../../src/wire/index.ts";
import { TestOrganization, genuineBlock, type TlsPair } from "./material.ts";
import { CHANNEL, startPeer, type TestPeer } from "./peers.ts";

const WAIT = { timeout: 100_000, interval: 20 };

let organizations: readonly TestOrganization[];
let peers: TestPeer[] = [];

beforeAll(async () => {
  organizations = [
    await TestOrganization.create("Org1MSP"),
    await TestOrganization.create("Org2MSP"),
  ];
  const [org1, org2] = organizations as [TestOrganization, TestOrganization];
  const first = await startPeer("p1", org1, { organizations, bootstrap: [], anchors: [] });
  const anchors = [{ mspId: "Org1MSP", address: first.address }];
  const second = await startPeer("p2", org1, {
    organizations,
    bootstrap: [first.address],
    anchors,
  });
  const third = await startPeer("q1", org2, { organizations, bootstrap: [], anchors });
  const fourth = await startPeer("q2", org2, {
    organizations,
    bootstrap: [third.address],
    anchors,
  });
  peers = [first, second, third, fourth];
});

afterAll(async () => {
  for (const peer of peers) await peer.close();
});

function addressesSeenBy(peer: TestPeer): readonly string[] {
  return peer.gossip
    .members(CHANNEL)
    .map(({ endpoint }) => endpoint)
    .sort((a, b) => (a < b ? -1 : 1));
}

describe("four peers of two organisations over TLS", () => {
  test("find each other through a bootstrap peer and an anchor peer", async () => {
    const all = peers.map(({ address }) => address).sort((a, b) => (a < b ? -1 : 1));
    await expect.poll(() => peers.map(addressesSeenBy), WAIT).toEqual(peers.map(() => all));
  });

  test("hand on what others signed, without endpoints that are private", async () => {
    await expect.poll(() => peers[2]!.gossip.members(CHANNEL).length, WAIT).toBe(4);
    for (const member of peers[2]!.gossip.members(CHANNEL)) {
      const alive = decode(GossipMessage, member.aliveEnvelope.payload);
      expect(alive.content?.$case).toBe("aliveMsg");
      expect(member.aliveEnvelope.secretEnvelope).toBeUndefined();
      const { mspid, idBytes } = decode(SerializedIdentity, member.identity);
      expect(member.pkiId).toEqual(sha256(utf8(mspid), idBytes));
      expect(member.chaincodes).toEqual([{ name: "basic", version: "1" }]);
    }
  });

  test("elect one deliverer each, and blocks reach all through it", async () => {
    const deliverersOf = (start: number): readonly TestPeer[] =>
      peers.slice(start, start + 2).filter(({ gossip }) => gossip.isDeliverer(CHANNEL));
    await expect.poll(() => [deliverersOf(0).length, deliverersOf(2).length], WAIT).toEqual([1, 1]);
    for (let number = 1; number <= 20; number += 1) {
      for (const peer of [...deliverersOf(0), ...deliverersOf(2)]) {
        if (peer.blocks.length === number) peer.deliver(genuineBlock(number));
      }
    }
    await expect
      .poll(() => peers.map(({ blocks }) => blocks.length), WAIT)
      .toEqual([21, 21, 21, 21]);
    const heightsAt = (peer: TestPeer): readonly number[] =>
      peer.gossip.members(CHANNEL).map(({ height }) => height);
    await expect.poll(() => peers.map(heightsAt), WAIT).toEqual(peers.map(() => [21, 21, 21, 21]));
  });

  test("a newcomer gets every block by state transfer", async () => {
    const newcomer = await startPeer("q3", organizations[1]!, {
      organizations,
      bootstrap: [peers[2]!.address],
      anchors: [],
    });
    const length = peers[0]!.blocks.length;
    await expect.poll(() => newcomer.blocks.length, WAIT).toBe(length);
    expect(newcomer.blocks).toEqual(peers[0]!.blocks);
    await newcomer.close();
  });
});

describe("a peer refuses a stream", () => {
  const method = methodOf(GossipDefinition, "gossipStream");

  async function answerTo(
    first: (signer: Signer, tls: TlsPair) => Promise<GossipEnvelope>,
    presented?: TlsPair,
  ): Promise<unknown> {
    const { signer, tls } = await organizations[0]!.peer("intruder");
    const dialer = new GrpcDialer({ clientCertificate: presented ?? tls });
    const channel = dialer.dial({
      address: peers[0]!.address,
      tls: { rootsPem: organizations.map(({ tlsRootPem }) => tlsRootPem) },
    });
    const stream = channel.stream(method);
    await stream.send(await first(signer, tls));
    const outcome = await ending(stream);
    channel.close();
    return outcome;
  }

  async function ending(stream: RpcStream<GossipEnvelope, GossipEnvelope>): Promise<unknown> {
    try {
      let count = 0;
      for await (const envelope of stream.responses) {
        // Its own proof comes first; more means that it took us for a peer.
        if ((count += 1) > 1) return envelope;
      }
      return "ended";
    } catch (error) {
      return error instanceof RpcError ? `${error.code}: ${error.message}` : error;
    }
  }

  async function connect(
    signer: Signer,
    changes: { readonly tlsCertHash?: Uint8Array; readonly pkiId?: Uint8Array },
    sign: (payload: Uint8Array) => Promise<Uint8Array> = (payload) => signer.sign(payload),
  ): Promise<GossipEnvelope> {
    const { mspid, idBytes } = decode(SerializedIdentity, signer.identity);
    const value = {
      pkiId: changes.pkiId ?? sha256(utf8(mspid), idBytes),
      identity: signer.identity,
      tlsCertHash: changes.tlsCertHash ?? EMPTY_BYTES,
      probe: false,
    };
    const payload = encode(
      GossipMessage,
      create(GossipMessage, { tag: GossipMessage_Tag.EMPTY, content: { $case: "conn", value } }),
    );
    return { payload, signature: await sign(payload), secretEnvelope: undefined };
  }

  function hashOf({ certificatePem }: TlsPair): Uint8Array {
    return sha256(
      new GrpcDialer({ clientCertificate: { certificatePem, keyPem: EMPTY_BYTES } })
        .localCertificate!,
    );
  }

  test("whose proof names another TLS certificate", async () => {
    const other = await organizations[0]!.peer("other");
    const answer = await answerTo((signer) => connect(signer, { tlsCertHash: hashOf(other.tls) }));
    expect(answer).toMatch(/PERMISSION_DENIED: .*not bound/);
  });

  test("whose PKI-ID is another peer's", async () => {
    const pkiId = sha256(utf8("somebody else"));
    const answer = await answerTo((signer, tls) =>
      connect(signer, { tlsCertHash: hashOf(tls), pkiId }),
    );
    expect(answer).toMatch(/PERMISSION_DENIED: .*PKI-ID/);
  });

  test("whose proof is signed by somebody else", async () => {
    const other = await organizations[0]!.peer("other");
    const answer = await answerTo((signer, tls) =>
      connect(signer, { tlsCertHash: hashOf(tls) }, (payload) => other.signer.sign(payload)),
    );
    expect(answer).toMatch(/PERMISSION_DENIED: .*signature/);
  });

  test("of an organisation that it does not know", async () => {
    const stranger = await (await TestOrganization.create("Org9MSP")).peer("stranger");
    const answer = await answerTo((_signer, tls) =>
      connect(stranger.signer, { tlsCertHash: hashOf(tls) }),
    );
    expect(answer).toMatch(/PERMISSION_DENIED: .*identity is not valid/);
  });

  test("that begins with anything but a proof", async () => {
    const envelope = { payload: utf8("hello?"), signature: EMPTY_BYTES, secretEnvelope: undefined };
    const answer = await answerTo(() => Promise.resolve(envelope));
    expect(answer).toMatch(/PERMISSION_DENIED: .*first message/);
  });
});

test("a peer answers pings", async () => {
  const { tls } = await organizations[0]!.peer("pinger");
  const channel = new GrpcDialer({ clientCertificate: tls }).dial({
    address: peers[0]!.address,
    tls: { rootsPem: organizations.map(({ tlsRootPem }) => tlsRootPem) },
  });
  expect(await channel.unary(methodOf(GossipDefinition, "ping"), {})).toEqual({});
  channel.close();
});
