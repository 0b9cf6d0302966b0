/** What a member of the channel sends to a peer's gossip, and how a stranger begins. */
import { GossipService } from "../../../gossip/service/index.ts";
import { sealMessage, toEnvelope } from "../../../gossip/service/gossip-message.ts";
import { pkiIdOf } from "../../../gossip/service/peer-identity.ts";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { RpcError, type RpcCall, type RpcDialer } from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { peerIdentities } from "../../../src/node/peer-identities.ts";
import {
  Block,
  GossipMessage_Tag as Tag,
  encode,
  tryDecodeRequest,
  GossipEnvelope,
} from "../../../src/wire/index.ts";
import { VirtualTime } from "../../sim/gossip/virtual-time.ts";
import { CHANNEL_ID, SAMPLE_NOW_MS } from "../../support/sample-channel.ts";
import { unlessRejected, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";
import { gossipSamples } from "./gossip-samples.ts";

export async function gossipEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  const member = channel.org2.peer;
  const pkiId = pkiIdOf(member.identity)!;
  const block = encode(Block, channel.genesis);
  const samples = gossipSamples({ pkiId, identity: member.identity, block });
  const proof = await proofOf(member, pkiId);
  const encoded = samples.map((envelope) => encode(GossipEnvelope, envelope));
  return [
    {
      name: "gossip of a member",
      form: "wire",
      samples: encoded,
      share: 0.2,
      take: (input) => speak(channel, [proof, ...envelopeOf(input)]),
    },
    {
      name: "proof of who a peer is",
      form: "wire",
      samples: [encode(GossipEnvelope, proof)],
      share: 0.2,
      take: (input) => speak(channel, envelopeOf(input)),
    },
  ];
}

// What is no envelope ends the stream before gossip sees it.
function envelopeOf(input: Uint8Array): readonly GossipEnvelope[] {
  const envelope = tryDecodeRequest(GossipEnvelope, input);
  return envelope === undefined ? [] : [envelope];
}

async function proofOf(signer: Signer, pkiId: Uint8Array): Promise<GossipEnvelope> {
  const value = { pkiId, identity: signer.identity, tlsCertHash: EMPTY_BYTES, probe: false };
  return toEnvelope(
    await sealMessage(signer, { content: { $case: "conn", value }, tag: Tag.EMPTY }),
  );
}

/** A stream with these envelopes to a peer that has heard of nobody yet. Whether it was ended in good order. */
async function speak(
  channel: FuzzedChannel,
  envelopes: readonly GossipEnvelope[],
): Promise<boolean> {
  const gossip = gossipOf(channel);
  const [binding] = gossip.handlers();
  if (binding?.kind !== "stream") throw new Error("gossip is a stream");
  const abort = new AbortController();
  const call: RpcCall = {
    signal: abort.signal,
    isDeadlineExceeded: () => false,
    peerAddress: "127.0.0.1:1",
    peerCertificate: undefined,
    localCertificate: undefined,
  };
  const send = (): Promise<void> => Promise.resolve();
  try {
    return await unlessRejected([RpcError], () => binding.handler(streamOf(envelopes), send, call));
  } finally {
    await gossip.close();
  }
}

async function* streamOf(envelopes: readonly GossipEnvelope[]): AsyncGenerator<GossipEnvelope> {
  for (const envelope of envelopes) yield await Promise.resolve(envelope);
}

function gossipOf({ gullible, org1 }: FuzzedChannel): GossipService {
  const time = new VirtualTime();
  const clock = { monotonicMs: () => time.monotonicMs(), wallMs: () => SAMPLE_NOW_MS };
  const endpoint = "peer0.org1.example.com:7051";
  const gossip = new GossipService(
    {
      signer: org1.peer,
      identities: peerIdentities(() => [gullible.mspManager]),
      ledger: { height: () => 1, block: () => Promise.resolve(undefined) },
      sink: { offer: () => Promise.resolve() },
      blockVerifier: { verify: () => Promise.resolve({ ok: true }) },
      privateData: {
        isMember: () => true,
        terms: () => undefined,
        keep: () => Promise.resolve(undefined),
        read: () => [],
      },
      dialer: NOBODY,
      clock,
      timers: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      meter: silentMeter,
    },
    { endpoints: { internal: endpoint, external: endpoint }, bootstrap: [] },
  );
  gossip.joinChannel(CHANNEL_ID, { mspIds: ["Org1MSP", "Org2MSP"], anchorPeers: [] }, []);
  return gossip;
}

const NOBODY: RpcDialer = {
  localCertificate: undefined,
  dial: ({ address }) => ({
    address,
    unary: () => Promise.reject(absent()),
    stream: () => ({
      send: () => Promise.reject(absent()),
      end: () => undefined,
      cancel: () => undefined,
      responses: endsAtOnce(),
      peerCertificate: () => undefined,
    }),
    close: () => undefined,
  }),
};

async function* endsAtOnce(): AsyncGenerator<never> {
  await Promise.reject(absent());
}

function absent(): RpcError {
  return new RpcError("UNAVAILABLE", "nobody is there");
}
