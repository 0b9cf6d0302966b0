/** One valid gossip message of each kind, as the other peer of the channel would send it. */
import { messageBytes, type GossipContent } from "../../../gossip/service/gossip-message.ts";
import { heightMark, probeBytes, probeMark } from "../../../gossip/service/probe-wire.ts";
import { channelMac, peerIdOf } from "../../../gossip/service/peer-identity.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import {
  GossipMessage_Tag as Tag,
  PullMsgType,
  Secret,
  encode,
  type GossipEnvelope,
} from "../../../src/wire/index.ts";
import { CHANNEL_ID } from "../../support/sample-channel.ts";

export interface Speaker {
  readonly pkiId: Uint8Array;
  readonly identity: Uint8Array;
  /** Marshalled block 1 of the channel. */
  readonly block: Uint8Array;
}

const SIGNATURE = new Uint8Array(70).fill(9);
const TIME = { incNum: "1767225600000000000", seqNum: "7" };
const NONCE = "5";
const DIGEST = { txId: "tx", namespace: "cc", collection: "plain", blockSeq: 1, seqInBlock: 0 };

export function gossipSamples(speaker: Speaker): readonly GossipEnvelope[] {
  return [...meshSamples(speaker), ...channelSamples(speaker), ...privateSamples()];
}

function meshSamples({ pkiId, identity }: Speaker): readonly GossipEnvelope[] {
  const membership = { endpoint: "peer0.org2.example.com:7051", metadata: probeMark(0), pkiId };
  const alive = sealed(
    messageBytes({
      content: { $case: "aliveMsg", value: { membership, timestamp: TIME, identity } },
      tag: Tag.EMPTY,
    }),
  );
  const own = sealed(
    messageBytes({
      content: { $case: "peerIdentity", value: { pkiId, cert: identity, metadata: EMPTY_BYTES } },
      tag: Tag.EMPTY,
    }),
  );
  const msgType = PullMsgType.IDENTITY_MSG;
  const mesh = (content: GossipContent): GossipEnvelope => open({ content, tag: Tag.EMPTY });
  const probe = { kind: "probe", nonce: NONCE, digest: 77, accusation: undefined } as const;
  const asked = { kind: "probe-request", nonce: NONCE, subject: peerIdOf(pkiId) } as const;
  return [
    alive,
    own,
    mesh({ $case: "memReq", value: { selfInformation: alive, known: [probeBytes(probe)] } }),
    mesh({ $case: "memReq", value: { selfInformation: alive, known: [probeBytes(asked)] } }),
    mesh({ $case: "memReq", value: { selfInformation: alive, known: [new Uint8Array(256)] } }),
    mesh({ $case: "memRes", value: { alive: [alive], dead: [alive] } }),
    mesh({ $case: "hello", value: { nonce: NONCE, metadata: EMPTY_BYTES, msgType } }),
    mesh({ $case: "dataDig", value: { nonce: NONCE, digests: [pkiId], msgType } }),
    mesh({ $case: "dataReq", value: { nonce: NONCE, digests: [pkiId], msgType } }),
    mesh({ $case: "dataUpdate", value: { nonce: NONCE, data: [own], msgType } }),
  ];
}

function channelSamples({ pkiId, block }: Speaker): readonly GossipEnvelope[] {
  const mac = channelMac(pkiId, CHANNEL_ID);
  const state = sealed(
    messageBytes({
      content: {
        $case: "stateInfo",
        value: {
          timestamp: TIME,
          pkiId,
          channelMac: mac,
          properties: {
            ledgerHeight: 9,
            leftChannel: false,
            chaincodes: [{ name: "cc", version: "1", metadata: EMPTY_BYTES }],
          },
        },
      },
      tag: Tag.CHAN_OR_ORG,
    }),
  );
  const leader = { pkiId, timestamp: TIME, isDeclaration: true };
  const payload = { seqNum: 1, data: block, privateData: [] };
  const msgType = PullMsgType.BLOCK_MSG;
  const digests = [utf8("1")];
  const pulled = sealed(of({ $case: "dataMsg", value: { payload } }, Tag.CHAN_AND_ORG));
  const range = { startSeqNum: "0", endSeqNum: "9" };
  return [
    state,
    sealed(of({ $case: "leadershipMsg", value: leader }, Tag.CHAN_AND_ORG)),
    sealed(
      messageBytes({
        content: { $case: "stateInfoPullReq", value: { channelMac: mac } },
        tag: Tag.CHAN_OR_ORG,
      }),
    ),
    pulled,
    ...(
      [
        [{ $case: "stateSnapshot", value: { elements: [state] } }, Tag.CHAN_OR_ORG],
        [{ $case: "stateRequest", value: range }, Tag.CHAN_OR_ORG],
        [{ $case: "stateResponse", value: { payloads: [payload] } }, Tag.CHAN_OR_ORG],
        [
          { $case: "hello", value: { nonce: NONCE, metadata: heightMark(9), msgType } },
          Tag.CHAN_AND_ORG,
        ],
        [{ $case: "dataDig", value: { nonce: NONCE, digests, msgType } }, Tag.CHAN_AND_ORG],
        [{ $case: "dataReq", value: { nonce: NONCE, digests, msgType } }, Tag.CHAN_AND_ORG],
        [
          { $case: "dataUpdate", value: { nonce: NONCE, data: [pulled], msgType } },
          Tag.CHAN_AND_ORG,
        ],
      ] as const satisfies readonly (readonly [GossipContent, Tag])[]
    ).map(([content, tag]) => open({ content, tag, channelId: CHANNEL_ID })),
  ];
}

function privateSamples(): readonly GossipEnvelope[] {
  const payload = {
    collectionName: "plain",
    namespace: "cc",
    txId: "tx",
    privateRwset: utf8("set"),
    privateSimHeight: 1,
    collectionConfigs: undefined,
  };
  const elements = [{ digest: DIGEST, payload: [utf8("set")] }];
  return (
    [
      { $case: "privateData", value: { payload } },
      { $case: "privateReq", value: { digests: [DIGEST] } },
      { $case: "privateRes", value: { elements } },
    ] as const satisfies readonly GossipContent[]
  ).map((content) => open({ content, tag: Tag.CHAN_ONLY, channelId: CHANNEL_ID }));
}

function of(content: GossipContent, tag: Tag): Uint8Array {
  return messageBytes({ content, tag, channelId: CHANNEL_ID, nonce: NONCE });
}

function open(fields: Parameters<typeof messageBytes>[0]): GossipEnvelope {
  const payload = messageBytes({ nonce: NONCE, ...fields });
  return { payload, signature: EMPTY_BYTES, secretEnvelope: undefined };
}

function sealed(payload: Uint8Array): GossipEnvelope {
  const secret = encode(Secret, {
    content: { $case: "internalEndpoint", value: "peer0.org2:7051" },
  });
  return {
    payload,
    signature: SIGNATURE,
    secretEnvelope: { payload: secret, signature: SIGNATURE },
  };
}
