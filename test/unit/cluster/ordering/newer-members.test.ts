import { verify } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { ChannelConfig, ChannelConfigRef } from "../../../../src/channel/index.ts";
import type { SignatureVerifier } from "../../../../src/crypto/index.ts";
import { EMPTY_BYTES, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import type { Signer } from "../../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import {
  ConfigEnvelope,
  HeaderType,
  SeekInfo,
  SeekInfo_SeekErrorResponse,
  blockHeaderHash,
  decode,
  encode,
  openEnvelope,
  type Block,
} from "../../../../src/wire/index.ts";
import {
  LOOK_WITHOUT_BLOCK_MS_MAX,
  MEMBERSHIP_CHECK_MS,
  NEWER_MEMBERS_LEADERLESS_MS,
  NEWER_MEMBERS_PAUSE_MS_MAX,
} from "../../../../cluster/ordering/limits.ts";
import {
  NewerMembersWatch,
  newerMembersIn,
  type NewerMembers,
} from "../../../../cluster/ordering/newer-members.ts";
import { MspCache } from "../../../../src/msp/index.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { DeliverDialer, serving } from "../../../support/deliver-dialer.ts";
import { blockAfter, sampleChain, signedBlock } from "../../../support/sample-blocks.ts";
import { CHANNEL_ID, sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleEnvelope } from "../../../support/sample-transactions.ts";
import { changeConsenters, changedGroup } from "../../../support/sample-updates.ts";

const OTHERS = ["orderer1.example.com:7050", "orderer2.example.com:7050"];

// Within a turn: simulated time does not run on meanwhile.
const verifyAtOnce: SignatureVerifier = (key, message, signature) =>
  Promise.resolve(key.algorithm === "ecdsa" && verify("sha256", message, key.handle, signature));

describe("a member without a leader", () => {
  let sample: SampleChannel;
  let renewed: Uint8Array;

  beforeAll(async () => {
    sample = await sampleChannel();
    const names = { commonName: "orderer1.example.com", alternativeNames: [] };
    renewed = (await sample.ordererOrg.tls.issueTls(names)).certificatePem;
  }, 60_000);

  /** Signed by `signer`: it gives the one consenter, whose raft id is 1, the renewed certificate. */
  async function rotation(previous: Block, signer: Signer): Promise<Block> {
    const channelGroup = changedGroup(sample.config, (root) => {
      changeConsenters(root, (consenters) =>
        consenters.map((each) => ({ ...each, clientTlsCert: renewed, serverTlsCert: renewed })),
      );
    });
    const config = { sequence: 1, channelGroup };
    const envelope = await sampleEnvelope(
      {
        creator: sample.ordererOrg.orderer,
        nonce: "config",
        channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG }),
      },
      encode(ConfigEnvelope, { config, lastUpdate: undefined }),
    );
    const block = blockAfter(previous, [envelope]);
    return signedBlock(block, signer, block.header!.number, [1]);
  }

  async function look(
    chain: readonly Block[],
  ): Promise<{ found: readonly NewerMembers[]; dialer: DeliverDialer }> {
    const time = new SimulatedTime();
    const dialer = new DeliverDialer();
    for (const address of OTHERS) dialer.scripts.set(address, serving(chain));
    const find = newerMembersIn(
      {
        dialer,
        random: new SeededRandom(1),
        blocks: {
          height: 1,
          lastHash: blockHeaderHash(sample.genesis.header!),
          append: () => Promise.reject(new Error("what is looked at is not kept")),
          read: () => Promise.resolve(undefined),
        },
        // Nobody looks at its signatures, and a real one takes its time.
        signer: { ...sample.org1.peer, sign: () => Promise.resolve(EMPTY_BYTES) },
        clock: time,
        timers: time,
        logger: silentLogger,
        config: new ChannelConfigRef(
          ChannelConfig.fromBlock(sample.genesis, new MspCache(verifyAtOnce)),
        ),
      },
      { channelId: CHANNEL_ID },
    );
    const found: NewerMembers[] = [];
    let isDone = false;
    void find((newer) => found.push(newer), new AbortController().signal).then(() => {
      isDone = true;
    });
    await time.advance(4 * LOOK_WITHOUT_BLOCK_MS_MAX, () => isDone);
    expect(isDone).toBe(true);
    return { found, dialer };
  }

  test("learns of a new certificate from the others' blocks, and keeps none of them", async () => {
    const before = await sampleChain(sample, 2);
    const chain = [...before, await rotation(before.at(-1)!, sample.ordererOrg.orderer)];
    const { found } = await look(chain);
    expect(found.map(({ sequence }) => sequence)).toEqual([1]);
    const [member] = found[0]!.members;
    expect([member!.raftId, member!.address]).toEqual([1, "orderer1.example.com:7050"]);
    expect(toHex(member!.clientTlsCertPem)).toBe(toHex(renewed));
  });

  test("believes no configuration that the orderers have not signed", async () => {
    const chain = [sample.genesis, await rotation(sample.genesis, sample.org1.admin)];
    const { found, dialer } = await look(chain);
    expect(found).toEqual([]);
    expect(dialer.requests.length).toBeGreaterThan(0);
  });

  test("takes blocks of orderers that have no leader either", async () => {
    const { dialer } = await look([sample.genesis]);
    for (const { envelope } of dialer.requests) {
      const reading = openEnvelope(envelope);
      if (reading.kind !== "opened") throw new Error("requests are sound envelopes");
      const { errorResponse } = decode(SeekInfo, reading.opened.payload.data);
      expect(errorResponse).toBe(SeekInfo_SeekErrorResponse.BEST_EFFORT);
    }
    expect(dialer.requests.length).toBeGreaterThan(0);
  });
});

/** A member whose looks the test ends. */
class Rig {
  readonly time = new SimulatedTime();
  readonly looksAtMs: number[] = [];
  readonly found: NewerMembers[] = [];
  isLed = false;
  endLook: (newer?: NewerMembers) => void = () => undefined;
  signal: AbortSignal | undefined;
  readonly watch: NewerMembersWatch;

  constructor() {
    this.watch = new NewerMembersWatch(
      {
        find: (found, signal) =>
          new Promise((resolve) => {
            this.looksAtMs.push(this.time.monotonicMs());
            this.signal = signal;
            this.endLook = (newer) => {
              if (newer !== undefined) found(newer);
              resolve();
            };
          }),
        isLed: () => this.isLed,
        found: (newer) => void this.found.push(newer),
        clock: this.time,
        logger: silentLogger,
      },
      { channelId: "ch1" },
    );
    this.time.every(MEMBERSHIP_CHECK_MS, () => {
      this.watch.check();
    });
  }
}

describe("looking for newer members", () => {
  test("begins after a while without a leader, once at a time, and hands on what is found", async () => {
    const rig = new Rig();
    rig.isLed = true;
    await rig.time.advance(10 * NEWER_MEMBERS_LEADERLESS_MS);
    rig.isLed = false;
    await rig.time.advance(NEWER_MEMBERS_LEADERLESS_MS - MEMBERSHIP_CHECK_MS);
    expect(rig.looksAtMs).toEqual([]);
    await rig.time.advance(10 * NEWER_MEMBERS_PAUSE_MS_MAX);
    expect(rig.looksAtMs).toHaveLength(1);
    const member = {
      raftId: 1,
      address: "orderer1:7050",
      clientTlsCertPem: utf8("new"),
      serverTlsCertPem: utf8("new"),
      tlsRootsPem: [],
    };
    rig.endLook({ sequence: 4, members: [member] });
    expect(rig.found).toEqual([{ sequence: 4, members: [member] }]);
  });

  test("comes again after longer and longer pauses while it finds nobody, and never after the stop", async () => {
    const rig = new Rig();
    for (const pauseMs of [1, 2, 4, 8, 12, 12].map((by) => by * NEWER_MEMBERS_LEADERLESS_MS)) {
      const before = rig.looksAtMs.length;
      await rig.time.advance(pauseMs - MEMBERSHIP_CHECK_MS);
      expect(rig.looksAtMs).toHaveLength(before);
      await rig.time.advance(2 * MEMBERSHIP_CHECK_MS);
      expect(rig.looksAtMs).toHaveLength(before + 1);
      rig.endLook();
      await rig.time.advance(0);
    }
    rig.watch.stop();
    await rig.time.advance(10 * NEWER_MEMBERS_PAUSE_MS_MAX);
    expect(rig.looksAtMs).toHaveLength(6);
  });

  test("is over when a leader is found", async () => {
    const rig = new Rig();
    await rig.time.advance(2 * NEWER_MEMBERS_LEADERLESS_MS);
    expect(rig.signal!.aborted).toBe(false);
    rig.isLed = true;
    await rig.time.advance(MEMBERSHIP_CHECK_MS);
    expect(rig.signal!.aborted).toBe(true);
  });
});
