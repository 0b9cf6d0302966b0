/** What orderers, other peers and clients send to a peer. */
import { BlockValidator } from "../../../src/committer/index.ts";
import { BlockVerifier, checkBlockForm, filteredBlock } from "../../../src/delivery/index.ts";
import { readSeekRequest } from "../../../src/delivery/core/seek-request.ts";
import { seekRange } from "../../../src/delivery/core/seek-range.ts";
import { seekEnvelope } from "../../../src/delivery/seek-envelope.ts";
import { proposalFault } from "../../../src/endorser/core/check-proposal.ts";
import { readGenesisBlock } from "../../../src/endorser/core/genesis-block.ts";
import { unpackProposal } from "../../../src/endorser/core/unpack-proposal.ts";
import { readClientProposal } from "../../../src/gateway/core/client-proposal.ts";
import { equalBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { parseReadWriteSet, readTransactions } from "../../../src/ledger/index.ts";
import { prepareProposal } from "../../../src/network/client/proposal.ts";
import {
  Block,
  Envelope,
  SeekInfo,
  SignedProposal,
  TxValidationCode,
  blockHeaderHash,
  encode,
  isCanonicalEnvelope,
  tryDecode,
  tryDecodeRequest,
} from "../../../src/wire/index.ts";
import { blockAfter, signedBlock } from "../../support/sample-blocks.ts";
import { CHANNEL_ID, SAMPLE_NOW_MS, sampleClock } from "../../support/sample-channel.ts";
import { SampleState } from "../../support/sample-state.ts";
import {
  sampleEnvelope,
  sampleResults,
  sampleTransaction,
} from "../../support/sample-transactions.ts";
import { nextConfigEnvelope } from "../../support/sample-updates.ts";
import { ConfigEnvelope, HeaderType } from "../../../src/wire/index.ts";
import { mustHold, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";

const HASH = new Uint8Array(32).fill(5);

export async function peerEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  const transaction = await endorsedTransaction(channel);
  const config = await configTransaction(channel);
  const block = await blockOf(channel, [transaction]);
  const configBlock = await blockOf(channel, [config]);
  return [
    receivedBlock(channel, [block, configBlock]),
    judgedTransaction(channel, [transaction, config]),
    storedBlock(channel, [block, configBlock]),
    genesisBlock(channel),
    canonicalEnvelope([transaction]),
    ...(await proposals(channel)),
    ...(await seeks(channel)),
    {
      name: "read-write set",
      form: "wire",
      samples: [results()],
      take: (input) => parseReadWriteSet(input) !== undefined,
    },
  ];
}

function results(): Uint8Array {
  return sampleResults({
    namespace: "cc",
    kv: {
      reads: [{ key: "read", version: { blockNum: 3, txNum: 1 } }, { key: "absent" }],
      rangeQueriesInfo: [
        {
          startKey: "a",
          endKey: "z",
          itrExhausted: true,
          readsInfo: { $case: "rawReads", value: { kvReads: [{ key: "b" }] } },
        },
      ],
      writes: [
        { key: "key", isDelete: false, value: utf8("value") },
        { key: "gone", isDelete: true },
      ],
      metadataWrites: [
        { key: "key", entries: [{ name: "VALIDATION_PARAMETER", value: utf8("no policy") }] },
      ],
    },
    collections: {
      plain: {
        hashedReads: [{ keyHash: HASH, version: { blockNum: 1, txNum: 0 } }],
        hashedWrites: [{ keyHash: HASH, valueHash: HASH, isDelete: false, isPurge: false }],
      },
    },
  });
}

function endorsedTransaction({ org1, org2 }: FuzzedChannel): Promise<Uint8Array> {
  const endorsers = [org1.peer, org2.peer];
  return sampleTransaction({ creator: org1.client, endorsers, nonce: "1", results: results() });
}

async function configTransaction({ config, ordererOrg }: FuzzedChannel): Promise<Uint8Array> {
  const envelope = await nextConfigEnvelope(config, ordererOrg.admin);
  return sampleEnvelope(
    {
      creator: ordererOrg.orderer,
      nonce: "2",
      channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG, txId: "" }),
    },
    encode(ConfigEnvelope, envelope),
  );
}

async function blockOf(
  { genesis, ordererOrg }: FuzzedChannel,
  data: readonly Uint8Array[],
): Promise<Uint8Array> {
  return encode(Block, await signedBlock(blockAfter(genesis, data), ordererOrg.orderer));
}

/** From an orderer or another peer. None is believed but those that were made. */
function receivedBlock({ genesis, strict }: FuzzedChannel, samples: readonly Uint8Array[]): Entry {
  const verifier = new BlockVerifier({ current: () => strict });
  const expected = { number: 1, previousHash: blockHeaderHash(genesis.header!) };
  const known = samples.map((bytes) => tryDecode(Block, bytes));
  return {
    name: "block from elsewhere",
    form: "wire",
    samples,
    take: async (input) => {
      const block = tryDecode(Block, input);
      if (block === undefined || !(await verifier.verify(block, expected)).ok) return false;
      const isKnown = known.some(
        (each) =>
          each?.data?.data.length === block.data?.data.length &&
          each?.data?.data.every((bytes, place) => equalBytes(bytes, block.data!.data[place]!)),
      );
      mustHold(isKnown, "a block is believed that no orderer has signed");
      return true;
    },
  };
}

/** In a block of orderers that take anything. */
function judgedTransaction(channel: FuzzedChannel, samples: readonly Uint8Array[]): Entry {
  const state = new SampleState();
  state.define("cc");
  const validator = new BlockValidator({
    config: { current: () => channel.gullible },
    ledger: {
      tip: {
        hasTransaction: () => false,
        query: () => state,
        versionOf: () => ({}) as never,
      },
    },
  });
  return {
    name: "transaction in a block",
    form: "wire",
    samples,
    take: async (input) => {
      const block = wellFormed(channel, [input]);
      if (block === undefined) return false;
      const { codes } = await validator.validate(block);
      mustHold(codes.length === 1, "a transaction has one code");
      return codes[0] === TxValidationCode.VALID;
    },
  };
}

/** The block of these transactions after the first; undefined where its form alone is a reason to refuse it. */
function wellFormed({ genesis }: FuzzedChannel, data: readonly Uint8Array[]): Block | undefined {
  const block = blockAfter(genesis, data);
  const expected = { number: 1, previousHash: blockHeaderHash(genesis.header!) };
  const { ok } = checkBlockForm(block, expected);
  const isLone = data.length === 1;
  mustHold(!ok || isLone || data.every(isCanonicalEnvelope), "a transaction has a second form");
  return ok ? block : undefined;
}

/** What a peer makes of it for its indexes and its clients. */
function storedBlock(channel: FuzzedChannel, samples: readonly Uint8Array[]): Entry {
  return {
    name: "block in a ledger",
    form: "wire",
    samples,
    take: (input) => {
      const data = tryDecode(Block, input)?.data?.data;
      const block = data && wellFormed(channel, data);
      if (block === undefined) return false;
      readTransactions(block);
      filteredBlock(block, CHANNEL_ID);
      return true;
    },
  };
}

function genesisBlock({ genesis }: FuzzedChannel): Entry {
  return {
    name: "block to join a channel with",
    form: "wire",
    samples: [encode(Block, genesis)],
    take: (input) => readGenesisBlock(input).ok,
  };
}

function canonicalEnvelope(samples: readonly Uint8Array[]): Entry {
  return {
    name: "envelope",
    form: "wire",
    samples,
    take: (input) => {
      const isCanonical = isCanonicalEnvelope(input);
      if (!isCanonical) return false;
      const envelope = tryDecode(Envelope, input)!;
      mustHold(equalBytes(encode(Envelope, envelope), input), "it has another form as well");
      return true;
    },
  };
}

async function proposals({ org1 }: FuzzedChannel): Promise<readonly Entry[]> {
  const source = { signer: org1.client, clock: sampleClock, random: new SeededRandom(3) };
  const prepared = await prepareProposal(source, {
    channelId: CHANNEL_ID,
    chaincode: "cc",
    args: ["transfer", "a", "b", "1"].map(utf8),
    transient: new Map([["secret", utf8("value")]]),
  });
  const samples = [encode(SignedProposal, prepared.signed)];
  const read = (input: Uint8Array): SignedProposal | undefined =>
    tryDecodeRequest(SignedProposal, input);
  return [
    {
      name: "proposal",
      form: "wire",
      samples,
      take: (input) => {
        const signed = read(input);
        const answer = signed && unpackProposal(signed);
        return answer?.ok === true && proposalFault(answer.proposal) === undefined;
      },
    },
    {
      name: "proposal to the gateway",
      form: "wire",
      samples,
      take: (input) => readClientProposal(read(input)).ok,
    },
  ];
}

async function seeks({ org1 }: FuzzedChannel): Promise<readonly Entry[]> {
  const seek: SeekInfo = {
    start: { type: { $case: "specified", value: { number: "3" } } },
    stop: { type: { $case: "specified", value: { number: "9" } } },
    behavior: 0,
    errorResponse: 0,
    contentType: 0,
  };
  const envelope = await seekEnvelope(org1.client, new SeededRandom(4), {
    channelId: CHANNEL_ID,
    nowMs: SAMPLE_NOW_MS,
    seek,
    tlsCertificate: undefined,
  });
  return [
    {
      name: "request for blocks",
      form: "wire",
      samples: [encode(Envelope, envelope)],
      take: (input) => {
        const request = tryDecodeRequest(Envelope, input);
        if (request === undefined) return false;
        const checks = { nowMs: SAMPLE_NOW_MS, timeWindowMs: 900_000 };
        return readSeekRequest(request, checks).kind === "request";
      },
    },
    {
      name: "positions of blocks",
      form: "wire",
      samples: [encode(SeekInfo, seek)],
      take: (input) => {
        const info = tryDecodeRequest(SeekInfo, input);
        return info !== undefined && seekRange(info, 10).kind === "range";
      },
    },
  ];
}
