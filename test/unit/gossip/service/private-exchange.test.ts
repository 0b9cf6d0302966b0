import { fc, test as property } from "@fast-check/vitest";
import { beforeEach, describe, expect, test } from "vitest";
import { readMessage, type DecodedMessage } from "../../../../gossip/service/gossip-message.ts";
import type { RemotePeer } from "../../../../gossip/service/handshake.ts";
import {
  PRIVATE_DIGESTS_SERVED_MAX,
  PRIVATE_PUSHES_PER_SECOND_MAX,
} from "../../../../gossip/service/limits.ts";
import type { GossipMember } from "../../../../gossip/service/member.ts";
import { pkiIdOfPeer } from "../../../../gossip/service/peer-identity.ts";
import type { PushedPrivateSet } from "../../../../gossip/service/ports.ts";
import { PrivateExchange } from "../../../../gossip/service/private-exchange.ts";
import { privateMetrics } from "../../../../gossip/service/private-metrics.ts";
import { pushEnvelope, questionEnvelope } from "../../../../gossip/service/private-wire.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import {
  GossipMessage,
  KVRWSet,
  create,
  encode,
  type GossipEnvelope,
} from "../../../../src/wire/index.ts";

const CHANNEL = "ch";
const PEER = "ab".repeat(32);
const STRANGER = "cd".repeat(32);
const BYTES = encode(KVRWSet, create(KVRWSet, { writes: [{ key: "k", value: utf8("v") }] }));
const SET: PushedPrivateSet = {
  channelId: CHANNEL,
  namespace: "cc",
  collection: "secrets",
  txId: "t",
  height: 3,
  bytes: BYTES,
  config: undefined,
};

let sent: { readonly to: string; readonly envelope: GossipEnvelope }[];
let kept: PushedPrivateSet[];
let reads: number;
let timeouts: (() => void)[];
let members: readonly GossipMember[];
let exchange: PrivateExchange;

function remote(peer: string, isMember = true): RemotePeer {
  const serialized = utf8(isMember ? "member" : "outsider");
  return { peer, pkiId: pkiIdOfPeer(peer), mspId: "M", serialized, notAfterMs: 1 };
}

function messageOf({ payload }: GossipEnvelope): DecodedMessage {
  const reading = readMessage(payload);
  if (!reading.ok) throw new Error(reading.refusal);
  return reading.message;
}

const lastSent = (): DecodedMessage => messageOf(sent.at(-1)!.envelope);

beforeEach(() => {
  sent = [];
  kept = [];
  reads = 0;
  timeouts = [];
  const place = { pkiId: pkiIdOfPeer(PEER), mspId: "M", identity: utf8("member"), isSelf: false };
  members = [place as GossipMember];
  exchange = new PrivateExchange({
    port: {
      isMember: (_channelId, _place, identity) => identity.length === utf8("member").length,
      terms: () => undefined,
      keep: (set) => {
        kept.push(set);
        return Promise.resolve(undefined);
      },
      read: () => {
        reads += 1;
        return [BYTES];
      },
    },
    identity: utf8("member"),
    members: () => members,
    send: (to, envelope) => sent.push({ to, envelope }),
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    timers: {
      after: (_delayMs, run) => {
        timeouts.push(run);
        return { cancel: () => undefined };
      },
      every: () => ({ cancel: () => undefined }),
    },
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: privateMetrics(silentMeter),
  });
});

describe("private data", () => {
  test("that is pushed is kept and acknowledged under its nonce", async () => {
    const message = messageOf(pushEnvelope(SET, "77"));
    expect(await exchange.receive(remote(PEER), CHANNEL, message)).toBeUndefined();
    expect(kept).toEqual([SET]);
    expect(lastSent().nonce).toBe("77");
    expect(lastSent().content).toEqual({ $case: "ack", value: { error: "" } });
  });

  test("counts as handed on when enough peers acknowledge it, whoever else says so", async () => {
    const terms = { requiredPeers: 1, maximumPeers: 1 };
    const pushed = exchange.push(SET, terms);
    const { nonce } = lastSent();
    expect(exchange.receiveAck(remote(STRANGER), nonce, "")).toBe("unasked");
    expect(exchange.receiveAck(remote(PEER), nonce, "")).toBeUndefined();
    expect(await pushed).toBeUndefined();
    expect(exchange.receiveAck(remote(PEER), nonce, "")).toBe("unasked");
  });

  test.each(["a refusal", "silence", "the close"])("does not after %s", async (kind) => {
    const pushed = exchange.push(SET, { requiredPeers: 1, maximumPeers: 1 });
    if (kind === "a refusal") exchange.receiveAck(remote(PEER), lastSent().nonce, "no");
    else if (kind === "silence") for (const run of timeouts) run();
    else exchange.close();
    expect(await pushed).toMatch(/fewer than 1 of 1 peers acknowledged/);
  });

  test("is served to members only, and so many sets at a time", async () => {
    const digests = Array.from({ length: 300 }, (_, txNumber) => ({
      ...SET,
      blockNumber: 1,
      txNumber,
    }));
    const message = messageOf(questionEnvelope(CHANNEL, "5", digests));
    await exchange.receive(remote(PEER, false), CHANNEL, message);
    expect(reads).toBe(0);
    expect(lastSent().content).toEqual({ $case: "privateRes", value: { elements: [] } });
    await exchange.receive(remote(PEER), CHANNEL, message);
    expect(reads).toBe(PRIVATE_DIGESTS_SERVED_MAX);
  });

  test("is refused beyond what one peer may push in a second", async () => {
    const message = messageOf(pushEnvelope(SET, "1"));
    for (let count = 0; count < PRIVATE_PUSHES_PER_SECOND_MAX; count += 1) {
      await exchange.receive(remote(PEER), CHANNEL, message);
    }
    expect(await exchange.receive(remote(PEER), CHANNEL, message)).toBe("private-data");
    expect(await exchange.receive(remote(STRANGER), CHANNEL, message)).toBeUndefined();
    expect(kept).toHaveLength(PRIVATE_PUSHES_PER_SECOND_MAX + 1);
  });

  test.each([
    { ...SET, txId: "" },
    { ...SET, txId: "t".repeat(200) },
    { ...SET, namespace: "" },
    { ...SET, collection: "c".repeat(300) },
    { ...SET, bytes: utf8("no set") },
  ])("that is malformed is not kept", async (set) => {
    const message = messageOf(pushEnvelope(set, "1"));
    expect(await exchange.receive(remote(PEER), CHANNEL, message)).toBe("malformed");
    expect(kept).toEqual([]);
  });

  property.prop([fc.integer({ min: 0 }), fc.integer({ min: 1, max: 255 })])(
    "in a message with any byte changed is refused or taken, never thrown",
    async (at, flip) => {
      const payload = pushEnvelope(SET, "9").payload.slice();
      const index = at % payload.length;
      payload[index] = payload[index]! ^ flip;
      const reading = readMessage(payload);
      if (reading.ok) await exchange.receive(remote(PEER), CHANNEL, reading.message);
      const question = questionEnvelope(CHANNEL, "9", [{ ...SET, blockNumber: 1, txNumber: 0 }]);
      const damaged = question.payload.slice();
      damaged[at % damaged.length]! ^= flip;
      const other = readMessage(damaged);
      if (other.ok) await exchange.receive(remote(PEER), CHANNEL, other.message);
      for (const { envelope } of sent)
        expect(() => GossipMessage.decode(envelope.payload)).not.toThrow();
    },
  );
});
