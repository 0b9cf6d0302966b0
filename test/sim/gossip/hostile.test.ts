import { fc } from "@fast-check/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import {
  GossipMessage_Tag as Tag,
  PullMsgType,
  Secret,
  encode,
  type GossipEnvelope,
} from "../../../src/wire/index.ts";
import { channelMac, pkiIdOf } from "../../../gossip/service/peer-identity.ts";
import { IN_CHANNEL, Intruder, unsigned, type Content } from "./intruder.ts";
import { CHANNEL, addressOf, sevenPeers, type SimPeer, type World } from "./world.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const { BLOCK_MSG, IDENTITY_MSG } = PullMsgType;
const LATER = { incNum: "18446744073709551615", seqNum: "1" };

let world: World;
let victim: SimPeer;
let own: Intruder;

beforeEach(async () => {
  world = sevenPeers(5);
  for (const name of ["p1", "p2", "q1"]) await world.peers.get(name)!.start();
  await world.time.pass(8_000);
  victim = world.peers.get("p1")!;
  own = await Intruder.connect(world, victim, "Org1MSP");
});

afterEach(async () => {
  await world.stopAll();
});

/** Signatures are verified on the machine's own threads. */
const SLOW_MACHINE_MS = 120_000;

function alive(
  pkiId: Uint8Array,
  identity: Uint8Array = EMPTY_BYTES,
  endpoint = "evil:1",
): Content {
  const membership = { endpoint, metadata: EMPTY_BYTES, pkiId };
  return { $case: "aliveMsg", value: { membership, timestamp: LATER, identity } };
}

function stateInfo(pkiId: Uint8Array, ledgerHeight: number): Content {
  return {
    $case: "stateInfo",
    value: {
      timestamp: LATER,
      pkiId,
      channelMac: channelMac(pkiId, CHANNEL),
      properties: { ledgerHeight, leftChannel: false, chaincodes: [] },
    },
  };
}

function pkiIdOfPeer(name: string): Uint8Array {
  return pkiIdOf(world.peers.get(name)!.signer.identity)!;
}

describe("a peer believes no claim", () => {
  test("in another's name, with or without that one's identity", async () => {
    const { identity } = world.peers.get("p2")!.signer;
    for (const attached of [EMPTY_BYTES, identity, own.signer.identity]) {
      await own.sendRaw(await own.signed(alive(pkiIdOfPeer("p2"), attached), { tag: Tag.EMPTY }));
    }
    expect(own.refusals("signature")).toBe(3);
    const endpoints = victim.gossip!.members(CHANNEL).map(({ endpoint }) => endpoint);
    expect(endpoints).not.toContain("evil:1");
  });

  test("of a peer whose identity it does not know", async () => {
    const stranger = pkiIdOf(world.authority.enroll("Org1MSP", "stranger").identity)!;
    await own.sendRaw(await own.signed(alive(stranger), { tag: Tag.EMPTY }));
    expect(own.refusals("identity")).toBe(1);
  });

  test("of a peer whose certificate has ended, though it signed what another hands on", async () => {
    const signer = world.authority.enroll("Org1MSP", "former");
    world.authority.end("Org1MSP", "former", world.time.wallMs() + 1_000);
    const { payload } = unsigned(alive(pkiIdOf(signer.identity)!, signer.identity), {
      tag: Tag.EMPTY,
    });
    const claim = { payload, signature: await signer.sign(payload), secretEnvelope: undefined };
    await world.time.pass(2_000);
    await own.sendRaw(claim);
    expect(own.refusals("signature")).toBe(1);
  });

  test("without a signature, or with one over other bytes", async () => {
    const claim = await own.signed(alive(own.pkiId), { tag: Tag.EMPTY });
    await own.sendRaw({ ...claim, signature: EMPTY_BYTES });
    const other = await own.signed(alive(own.pkiId, EMPTY_BYTES, "else:1"), { tag: Tag.EMPTY });
    await own.sendRaw({ ...claim, signature: other.signature });
    expect(own.refusals("signature")).toBe(2);
    await own.sendRaw(claim);
    expect(own.refusals("signature")).toBe(2);
  });

  test("whose private endpoint somebody else signed", async () => {
    const claim = await own.signed(alive(own.pkiId), { tag: Tag.EMPTY });
    const payload = encode(Secret, { content: { $case: "internalEndpoint", value: "evil:2" } });
    const signature = await world.peers.get("p2")!.signer.sign(payload);
    await own.sendRaw({ ...claim, secretEnvelope: { payload, signature } });
    expect(own.refusals("signature")).toBe(1);
  });

  test("about another's ledger", async () => {
    await own.sendRaw(
      await own.signed(stateInfo(pkiIdOfPeer("p2"), 999), { tag: Tag.CHAN_OR_ORG }),
    );
    expect(own.refusals("signature")).toBe(1);
    expect(victim.gossip!.members(CHANNEL).every(({ height }) => height === 1)).toBe(true);
  });

  test("about who delivers in another organisation's name", async () => {
    const foreign = await Intruder.connect(world, victim, "Org2MSP");
    const value = { pkiId: foreign.pkiId, timestamp: LATER, isDeclaration: true };
    const content: Content = { $case: "leadershipMsg", value };
    const saying = { tag: Tag.CHAN_AND_ORG, ...IN_CHANNEL };
    const declaration = await foreign.signed(content, saying);
    await foreign.sendRaw(declaration);
    await own.sendRaw(declaration);
    expect(own.refusals("organization")).toBe(2);
  });
});

describe("a peer does not answer", () => {
  test("a membership request that shows somebody else's self information", async () => {
    const [other] = victim
      .gossip!.members(CHANNEL)
      .filter(({ endpoint }) => endpoint === "p2:7051");
    const value = { selfInformation: other!.aliveEnvelope, known: [] };
    await own.say({ $case: "memReq", value }, { tag: Tag.EMPTY, nonce: "5" });
    expect(own.refusals("signature")).toBe(1);
    expect(own.heard.filter(({ content: said }) => said?.$case === "memRes")).toEqual([]);
  });

  test("a request for ranges beyond all numbers, and serves none it does not have", async () => {
    const ask = (startSeqNum: string, endSeqNum: string): Promise<void> =>
      own.say(
        { $case: "stateRequest", value: { startSeqNum, endSeqNum } },
        { tag: Tag.CHAN_OR_ORG, nonce: "9", ...IN_CHANNEL },
      );
    await ask("9223372036854775808", "18446744073709551615");
    expect(own.refusals("malformed")).toBe(1);
    await ask("0", "9007199254740991");
    const answers = own.heard.flatMap(({ content }) =>
      content?.$case === "stateResponse"
        ? [content.value.payloads.map(({ seqNum }) => seqNum)]
        : [],
    );
    expect(answers).toEqual([[0]]);
  });

  test("a block pull of somebody who is not known to be in the channel", async () => {
    const value = { nonce: "77", metadata: EMPTY_BYTES, msgType: BLOCK_MSG };
    await own.say({ $case: "hello", value }, { tag: Tag.CHAN_AND_ORG, ...IN_CHANNEL });
    expect(own.heard.filter(({ content }) => content?.$case === "dataDig")).toEqual([]);
  });

  test("a pull request with a guessed nonce", async () => {
    const digests = [pkiIdOfPeer("p2")];
    const value = { nonce: "78", digests, msgType: IDENTITY_MSG };
    await own.say({ $case: "dataReq", value }, { tag: Tag.EMPTY });
    expect(own.heard.filter(({ content }) => content?.$case === "dataUpdate")).toEqual([]);
  });
});

describe("a peer refuses", () => {
  test.each<readonly [string, Content, Tag, string, string]>([
    ["an alive message inside a channel", alive(EMPTY_BYTES), Tag.CHAN_ONLY, "", "tag"],
    ["an alive message without a PKI-ID", alive(EMPTY_BYTES), Tag.EMPTY, "", "malformed"],
    [
      "a message of a channel that it is not in",
      { $case: "stateResponse", value: { payloads: [] } },
      Tag.CHAN_OR_ORG,
      "elsewhere",
      "channel",
    ],
    [
      "a membership that it has not asked for",
      { $case: "memRes", value: { alive: [], dead: [] } },
      Tag.EMPTY,
      "",
      "unasked",
    ],
    [
      "identities that it has not asked for",
      { $case: "dataUpdate", value: { nonce: "1", data: [], msgType: IDENTITY_MSG } },
      Tag.EMPTY,
      "",
      "unasked",
    ],
    [
      "a pull of identities inside a channel",
      { $case: "hello", value: { nonce: "1", metadata: EMPTY_BYTES, msgType: IDENTITY_MSG } },
      Tag.CHAN_AND_ORG,
      CHANNEL,
      "malformed",
    ],
    [
      "private data, which it has no use for",
      { $case: "privateData", value: { payload: undefined } },
      Tag.CHAN_ONLY,
      CHANNEL,
      "unsupported",
    ],
  ])("%s", async (_name, content, tag, channel, reason) => {
    await own.say(content, { tag, channel });
    expect(own.refusals(reason)).toBe(1);
  });

  test("blocks and pulls from another organisation", async () => {
    const foreign = await Intruder.connect(world, victim, "Org2MSP");
    const saying = { tag: Tag.CHAN_AND_ORG, ...IN_CHANNEL };
    const payload = { seqNum: 1, data: utf8("block"), privateData: [] };
    await foreign.say({ $case: "dataMsg", value: { payload } }, saying);
    const value = { nonce: "1", metadata: EMPTY_BYTES, msgType: BLOCK_MSG };
    await foreign.say({ $case: "hello", value }, saying);
    expect(own.refusals("organization")).toBe(2);
    expect(victim.forgedSeenCount).toBe(0);
  });

  test("everything about a channel from an organisation that is not in it", async () => {
    const foreign = await Intruder.connect(world, victim, "Org3MSP");
    await foreign.sendRaw(
      await foreign.signed(stateInfo(foreign.pkiId, 5), { tag: Tag.CHAN_OR_ORG }),
    );
    const channelMacOfForeign = channelMac(foreign.pkiId, CHANNEL);
    await foreign.say(
      { $case: "stateInfoPullReq", value: { channelMac: channelMacOfForeign } },
      { tag: Tag.CHAN_OR_ORG },
    );
    expect(own.refusals("organization")).toBe(2);
    expect(foreign.heard.filter(({ content }) => content?.$case === "stateSnapshot")).toEqual([]);
  });
});

describe("a peer leaves alone", () => {
  test("for a while whoever hangs up right after the handshake", async () => {
    const endpoint = addressOf("intruder-Org1MSP");
    const claim = alive(own.pkiId, own.signer.identity, endpoint);
    await own.sendRaw(await own.signed(claim, { tag: Tag.EMPTY }));
    await own.sendRaw(await own.signed(stateInfo(own.pkiId, 1), { tag: Tag.CHAN_OR_ORG }));
    let dialCount = 0;
    own.turnAway(() => {
      dialCount += 1;
    });
    // Each block is something to say to a member of the organisation.
    for (let second = 0; second < 10; second += 1) {
      world.order(20);
      await world.time.pass(1_000);
    }
    expect(dialCount).toBeGreaterThan(3);
    expect(dialCount).toBeLessThanOrEqual(3 * 11);
  });
});

describe("a flood", () => {
  test("of digests and of claimed heights leaves the network working", async () => {
    const digests = Array.from({ length: 100_000 }, (_, number) => utf8(`${number}`));
    const value = { nonce: "1", digests, msgType: BLOCK_MSG };
    const startedMs = cpuTimeMs();
    await own.say({ $case: "dataDig", value }, { tag: Tag.CHAN_AND_ORG, ...IN_CHANNEL });
    await own.sendRaw(await own.signed(alive(own.pkiId), { tag: Tag.EMPTY }));
    await own.sendRaw(
      await own.signed(stateInfo(own.pkiId, Number.MAX_SAFE_INTEGER), { tag: Tag.CHAN_OR_ORG }),
    );
    expect(cpuTimeMs() - startedMs).toBeLessThan(2_000);
    world.order(30);
    const isLevel = (): boolean => world.running.every((peer) => peer.blocks.length === 31);
    expect(await world.time.passUntil(isLevel, 10_000)).toBeDefined();
  });

  test(
    "of bytes and of damaged messages is refused, each quickly, and nothing stops",
    async () => {
      const samples = await validEnvelopes();
      const damaged = fc
        .tuple(
          fc.nat(samples.length - 1),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        )
        .map(([index, changes]): GossipEnvelope => {
          const envelope = samples[index]!;
          const payload = envelope.payload.slice();
          for (const [at, byte] of changes) payload[at % payload.length] = byte;
          return { ...envelope, payload };
        });
      const noise = fc
        .uint8Array({ maxLength: 300 })
        .map((payload) => ({ payload, signature: EMPTY_BYTES, secretEnvelope: undefined }));
      let worstMs = 0;
      await fc.assert(
        fc.asyncProperty(fc.oneof(damaged, noise), async (envelope) => {
          const startedMs = cpuTimeMs();
          await own.sendRaw(envelope);
          worstMs = Math.max(worstMs, cpuTimeMs() - startedMs);
        }),
        { numRuns: 800 },
      );
      // Each input has the work of 20 ms of all three peers in it.
      expect(worstMs).toBeLessThan(250);
      expect(own.refusals("malformed")).toBeGreaterThan(100);
      expect(own.isCut).toBe(false);
      world.order(5);
      const isLevel = (): boolean => world.running.every((peer) => peer.blocks.length === 6);
      expect(await world.time.passUntil(isLevel, 10_000)).toBeDefined();
      for (const peer of world.running) expect(peer.forgedStoredCount).toBe(0);
    },
    SLOW_MACHINE_MS,
  );
});

async function validEnvelopes(): Promise<readonly GossipEnvelope[]> {
  const inOrg = { tag: Tag.CHAN_AND_ORG, ...IN_CHANNEL };
  const inChannel = { tag: Tag.CHAN_OR_ORG, ...IN_CHANNEL };
  const payload = { seqNum: 1, data: utf8("block"), privateData: [] };
  const digests = [utf8("1"), utf8("2")];
  const claim = await own.signed(alive(own.pkiId, own.signer.identity), { tag: Tag.EMPTY });
  const declaration = { pkiId: own.pkiId, timestamp: LATER, isDeclaration: true };
  return [
    claim,
    await own.signed(stateInfo(own.pkiId, 3), { tag: Tag.CHAN_OR_ORG }),
    await own.signed({ $case: "leadershipMsg", value: declaration }, inOrg),
    unsigned({ $case: "memReq", value: { selfInformation: claim, known: [] } }, { tag: Tag.EMPTY }),
    unsigned({ $case: "memRes", value: { alive: [claim], dead: [claim] } }, { tag: Tag.EMPTY }),
    unsigned({ $case: "dataMsg", value: { payload } }, inOrg),
    unsigned({ $case: "dataDig", value: { nonce: "4", digests, msgType: BLOCK_MSG } }, inOrg),
    unsigned({ $case: "dataReq", value: { nonce: "4", digests, msgType: BLOCK_MSG } }, inOrg),
    unsigned(
      { $case: "dataUpdate", value: { nonce: "4", data: [claim], msgType: BLOCK_MSG } },
      inOrg,
    ),
    unsigned({ $case: "stateSnapshot", value: { elements: [claim] } }, inChannel),
    unsigned({ $case: "stateRequest", value: { startSeqNum: "0", endSeqNum: "9" } }, inChannel),
    unsigned({ $case: "stateResponse", value: { payloads: [payload] } }, inChannel),
  ];
}
