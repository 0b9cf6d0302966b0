/** What clients, other orderers and operators send to an orderer. */
import { fileOfForm } from "../../../cluster/participation/core/form.ts";
import { readJoinBlock } from "../../../cluster/participation/core/join-block.ts";
import { parseMediaType } from "../../../cluster/participation/core/media-type.ts";
import { readTransferRequest } from "../../../cluster/participation/core/operator-route.ts";
import { Broadcast } from "../../../cluster/ordering/broadcast.ts";
import { ConfigUpdates } from "../../../cluster/ordering/config-updates.ts";
import { firstMembership } from "../../../cluster/ordering/core/membership.ts";
import { MessageValidator } from "../../../cluster/ordering/message-validator.ts";
import type { RaftMessage } from "../../../cluster/raft/index.ts";
import { decodeConfChange } from "../../../cluster/replica/configuration-codec.ts";
import { decodeRaftMessage, encodeRaftMessage } from "../../../cluster/replica/index.ts";
import type { ChannelConfig } from "../../../src/channel/index.ts";
import { equalBytes, utf8, utf8DecodeLeniently } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import {
  Block,
  Envelope,
  RaftConfChange,
  RaftConfChangeType,
  RaftConfChangeV2,
  Status,
  WireError,
  create,
  encode,
  tryDecode,
  tryDecodeRequest,
} from "../../../src/wire/index.ts";
import { CHANNEL_ID, sampleClock } from "../../support/sample-channel.ts";
import { sampleTransaction } from "../../support/sample-transactions.ts";
import { setBatchSize, updateEnvelope, updateOf } from "../../support/sample-updates.ts";
import { mustHold, unlessRefused, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";

const BOUNDARY = "a-boundary";
/** Longer messages are only read: what is timed is the reading. */
const SAID_AGAIN_BYTES_MAX = 20_000;

export async function orderingEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  const { org1, ordererOrg, genesis } = channel;
  const endorsers = [org1.peer];
  const transaction = await sampleTransaction({ creator: org1.client, endorsers, nonce: "1" });
  const update = updateOf(channel.config, (root) => {
    setBatchSize(root, 7);
  });
  const updating = encode(Envelope, await updateEnvelope(update, [ordererOrg.admin]));
  const genesisBytes = encode(Block, genesis);
  return [
    broadcast(channel, [transaction, updating]),
    signedBroadcast(channel, [transaction, updating]),
    {
      name: "join block",
      form: "wire",
      samples: [genesisBytes],
      take: (input) => {
        const block = tryDecode(Block, input);
        return block !== undefined && readJoinBlock(block).ok;
      },
    },
    raftMessage(),
    raftChange(),
    {
      name: "form of the participation API",
      form: "text",
      samples: [form("config-block", "block"), form("config-update-envelope", "update")],
      take: (input) => fileOfForm(input, BOUNDARY, "config-block").ok,
    },
    {
      name: "media type",
      form: "text",
      samples: [
        `multipart/form-data; boundary=${BOUNDARY}`,
        'multipart/form-data; boundary="a b"; charset=utf-8',
      ].map(utf8),
      take: (input) => parseMediaType(utf8DecodeLeniently(input)).ok,
    },
    {
      name: "transfer of leadership",
      form: "text",
      samples: ["{}", '{"to": 3}'].map(utf8),
      take: (input) => readTransferRequest(input).ok,
    },
  ];
}

/** As a client's stream brings it, to the last filter. */
function broadcast(channel: FuzzedChannel, samples: readonly Uint8Array[]): Entry {
  const service = broadcastUnder(channel, channel.gullible);
  return {
    name: "broadcast",
    form: "wire",
    samples,
    take: async (input) => {
      const envelope = tryDecodeRequest(Envelope, input);
      return envelope !== undefined && (await service.process(envelope)).status === Status.SUCCESS;
    },
  };
}

/** No change of what was signed is accepted. */
function signedBroadcast(channel: FuzzedChannel, samples: readonly Uint8Array[]): Entry {
  const service = broadcastUnder(channel, channel.strict);
  const known = samples.map((bytes) => tryDecode(Envelope, bytes));
  return {
    name: "broadcast with signatures",
    form: "wire",
    samples,
    share: 0.2,
    take: async (input) => {
      const envelope = tryDecodeRequest(Envelope, input);
      if (envelope === undefined) return false;
      const isTaken = (await service.process(envelope)).status === Status.SUCCESS;
      const isKnown = known.some((each) => each && equalBytes(each.payload, envelope.payload));
      mustHold(!isTaken || isKnown, "an envelope was taken that nobody has signed");
      return isTaken;
    },
  };
}

function broadcastUnder(channel: FuzzedChannel, current: ChannelConfig): Broadcast {
  const config = { current: () => current };
  const validator = new MessageValidator({ config, clock: sampleClock });
  const configUpdates = new ConfigUpdates({
    config,
    validator,
    group: {
      membership: () => firstMembership(1),
      activeIds: () => [1],
      voterIds: () => [1],
      pending: () => undefined,
    },
    signer: channel.ordererOrg.orderer,
    clock: sampleClock,
    random: new SeededRandom(1),
  });
  const order = (): Promise<{ kind: "ordered"; blockNumber: number }> =>
    Promise.resolve({ kind: "ordered", blockNumber: 1 });
  const ordered = { validator, configUpdates, chain: { order }, config };
  return new Broadcast({
    channel: (channelId) => (channelId === CHANNEL_ID ? ordered : undefined),
    clock: sampleClock,
    logger: silentLogger,
    meter: silentMeter,
  });
}

function raftMessage(): Entry {
  const addressed = { from: 1, to: 2, term: 5 };
  const data = utf8("entry");
  const configuration = { voters: [1, 2, 3], votersOutgoing: [], learners: [4], learnersNext: [] };
  const samples = [
    encodeRaftMessage({
      ...addressed,
      type: "append",
      prevIndex: 7,
      prevTerm: 4,
      commit: 6,
      entries: [
        { type: "normal", index: 8, term: 5, data },
        { type: "normal", index: 9, term: 5, data },
      ],
    }),
    encodeRaftMessage({
      ...addressed,
      type: "appendRejected",
      rejectedIndex: 7,
      hintIndex: 3,
      hintTerm: 2,
    }),
    encodeRaftMessage({
      ...addressed,
      type: "vote",
      lastIndex: 7,
      lastTerm: 4,
      isTransfer: true,
    }),
    encodeRaftMessage({
      ...addressed,
      type: "snapshot",
      snapshot: {
        index: 9,
        term: 4,
        configuration: { ...configuration, autoLeave: false },
        data,
      },
    }),
  ];
  return {
    name: "Raft message",
    form: "wire",
    samples,
    take: (input) =>
      unlessRefused([WireError], () => {
        const reading = decodeRaftMessage(input);
        if (reading.kind === "message" && input.length <= SAID_AGAIN_BYTES_MAX) {
          mustSayTheSame(reading.message);
        }
      }),
  };
}

// What was understood is said in the same words again.
function mustSayTheSame(message: RaftMessage): void {
  const said = encodeRaftMessage(message);
  const again = decodeRaftMessage(said);
  const isSame = again.kind === "message" && equalBytes(encodeRaftMessage(again.message), said);
  mustHold(isSame, "a message changes when it is handed on");
}

function raftChange(): Entry {
  const type = RaftConfChangeType.ConfChangeAddNode;
  return {
    name: "change of a Raft group",
    form: "wire",
    samples: [
      encode(RaftConfChange, create(RaftConfChange, { type, nodeId: 4 })),
      encode(RaftConfChangeV2, create(RaftConfChangeV2, { changes: [{ type, nodeId: 4 }] })),
    ],
    take: (input) =>
      [decodeConfChange("confChange", input), decodeConfChange("confChangeV2", input)].some(
        (change) => change !== undefined,
      ),
  };
}

function form(key: string, content: string): Uint8Array {
  return utf8(
    [
      `--${BOUNDARY}`,
      `Content-Disposition: form-data; name="${key}"; filename="file.pb"`,
      "Content-Type: application/octet-stream",
      "",
      content,
      `--${BOUNDARY}--`,
      "",
    ].join("\r\n"),
  );
}
