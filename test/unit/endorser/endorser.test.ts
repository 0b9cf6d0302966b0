import { fc, test as propertyTest } from "@fast-check/vitest";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  success,
  type ChaincodeResolution,
  type ExecuteCall,
  type ExecuteResult,
} from "../../../src/chaincode/index.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import {
  ChannelQueries,
  Endorser,
  LedgerQueries,
  ProposalAccess,
  endorserBinding,
  type EndorserAnswer,
  type JoinAnswer,
} from "../../../src/endorser/index.ts";
import { EMPTY_BYTES, concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { ChannelConfigRef } from "../../../src/channel/index.ts";
import { Ledger, TransientStore } from "../../../src/ledger/index.ts";
import { Msp, MspManager } from "../../../src/msp/index.ts";
import {
  Block,
  BlockchainInfo,
  ChaincodeAction,
  ChaincodeHeaderExtension,
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChannelHeader,
  ChannelQueryResponse,
  Config,
  Header,
  HeaderType,
  ProcessedTransaction,
  Proposal,
  ProposalResponsePayload,
  SignatureHeader,
  TxReadWriteSet,
  TxValidationCode,
  blockHeaderHash,
  create,
  decode,
  encode,
  timestampFromMs,
  transactionId,
  type SignedProposal,
} from "../../../src/wire/index.ts";
import { MemoryKvStore } from "../../../src/sim/ports/memory-kv-store.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { blockAfter } from "../../support/sample-blocks.ts";
import {
  CHANNEL_ID,
  SAMPLE_NOW_MS,
  sampleChannel,
  sampleClock,
  sampleMember,
  type SampleChannel,
} from "../../support/sample-channel.ts";
import { sampleTransaction, transactionIdOf } from "../../support/sample-transactions.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const GARBAGE = new Uint8Array([0xff]);
const NEVER = new AbortController().signal;

let sample: SampleChannel;
let ledger: Ledger;
let transient: TransientStore;
let endorser: Endorser;
let run: (call: ExecuteCall) => ExecuteResult | Promise<ExecuteResult>;
let resolution: ChaincodeResolution;
let committed: Block;

beforeAll(async () => {
  sample = await sampleChannel();
  const state = new MemoryKvStore();
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  const ports = { clock: sampleClock, logger: silentLogger, meter: silentMeter };
  ledger = await Ledger.open(
    { files, directory: "/l", state, timers: new SimulatedTime(), ...ports },
    CHANNEL_ID,
  );
  await ledger.commitGenesis(sample.genesis);
  const old = { creator: sample.org1.client, endorsers: [], nonce: "old" };
  committed = blockAfter(sample.genesis, [await sampleTransaction(old)]);
  await ledger.commit(committed, [TxValidationCode.ENDORSEMENT_POLICY_FAILURE]);
  transient = new TransientStore({ state }, CHANNEL_ID);
  const channel = { config: new ChannelConfigRef(sample.config), ledger, transient };
  const channels = {
    channel: (id: string): typeof channel | undefined => (id === CHANNEL_ID ? channel : undefined),
    channelIds: (): readonly string[] => [CHANNEL_ID],
  };
  const localMsps = new MspManager([Msp.fromConfig(sample.org1.mspConfig)]);
  const access = new ProposalAccess({ channels, localMsps });
  const echo = {
    name: "_lifecycle",
    invoke: (): Promise<ReturnType<typeof success>> => Promise.resolve(success(utf8("done"))),
  };
  endorser = new Endorser({
    channels,
    localMsps,
    directory: { resolve: (): ChaincodeResolution => resolution },
    executor: { execute: async (call): Promise<ExecuteResult> => run(call) },
    systemChaincodes: [
      echo,
      new LedgerQueries({ channels, access }),
      new ChannelQueries({ channels, access, joiner: { join } }),
    ],
    signer: sample.org1.peer,
    ...ports,
  });
});

let joins: (readonly [string, Uint8Array])[];
let joinAnswer: JoinAnswer;

function join(channelId: string, block: Block): Promise<JoinAnswer> {
  joins.push([channelId, blockHeaderHash(block.header!)]);
  return Promise.resolve(joinAnswer);
}

beforeEach(() => {
  joins = [];
  joinAnswer = { ok: true };
  run = (call): ExecuteResult => {
    call.simulator.getState("cc", "a");
    call.simulator.putState("cc", "b", utf8("value"));
    const event = { chaincodeId: "cc", txId: call.txId, eventName: "e", payload: EMPTY_BYTES };
    return { ok: true, response: { status: 200, message: "m", payload: utf8("p") }, event };
  };
  resolution = {
    ok: true,
    packageId: "cc:1",
    definition: {
      name: "cc",
      version: "1.5",
      sequence: 1,
      endorsementPlugin: "escc",
      validationPlugin: "vscc",
      validationParameter: EMPTY_BYTES,
      collections: EMPTY_BYTES,
      initRequired: false,
    },
  };
});

interface ProposalRecipe {
  readonly signer?: Signer;
  readonly channelId?: string;
  readonly chaincode?: string;
  readonly args?: readonly Uint8Array[];
  readonly nonce?: string;
  readonly channelHeader?: (header: ChannelHeader) => ChannelHeader;
  readonly signatureHeader?: (header: SignatureHeader) => SignatureHeader;
  readonly proposal?: (proposal: Proposal) => Proposal;
  readonly signed?: (signed: SignedProposal) => SignedProposal;
}

function same<T>(value: T): T {
  return value;
}

async function proposalOf(recipe: ProposalRecipe): Promise<SignedProposal> {
  const signer = recipe.signer ?? sample.org1.client;
  const nonce = utf8(recipe.nonce ?? "nonce");
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.ENDORSER_TRANSACTION,
    timestamp: timestampFromMs(SAMPLE_NOW_MS),
    channelId: recipe.channelId ?? CHANNEL_ID,
    txId: transactionId(nonce, signer.identity),
    extension: encode(ChaincodeHeaderExtension, {
      chaincodeId: { name: recipe.chaincode ?? "cc", path: "", version: "" },
    }),
  });
  const header = encode(Header, {
    channelHeader: encode(ChannelHeader, (recipe.channelHeader ?? same)(channelHeader)),
    signatureHeader: encode(
      SignatureHeader,
      (recipe.signatureHeader ?? same)({ creator: signer.identity, nonce }),
    ),
  });
  const input = encode(
    ChaincodeInvocationSpec,
    create(ChaincodeInvocationSpec, {
      chaincodeSpec: { input: { args: [...(recipe.args ?? [utf8("f")])] } },
    }),
  );
  const transientMap = new Map([["secret", utf8("not to be hashed")]]);
  const payload = encode(ChaincodeProposalPayload, { input, transientMap });
  const proposal = (recipe.proposal ?? same)({ header, payload, extension: EMPTY_BYTES });
  const proposalBytes = encode(Proposal, proposal);
  const signature = await signer.sign(proposalBytes);
  return (recipe.signed ?? same)({ proposalBytes, signature });
}

async function answerTo(recipe: ProposalRecipe): Promise<EndorserAnswer> {
  return endorser.processProposal(await proposalOf(recipe), { signal: NEVER });
}

function textOf(answer: EndorserAnswer): string {
  const { response } = answer.response;
  return `${answer.kind} ${response?.status ?? 0} ${response?.message ?? ""}`;
}

describe("a good proposal", () => {
  test("is answered with an endorsement that verifies over the payload", async () => {
    const { kind, response } = await answerTo({});
    expect(kind).toBe("response");
    expect(response).toMatchObject({ version: 1, response: { status: 200, message: "m" } });
    const { endorser: identity, signature } = response.endorsement!;
    const reading = sample.config.mspManager.identity(identity);
    const signed = concatBytes(response.payload, identity);
    expect(reading.ok && (await reading.identity.verify(signed, signature))).toBe(true);
  });

  test("is bound to the response by a hash that leaves the transient data out", async () => {
    const signed = await proposalOf({});
    const { response } = await endorser.processProposal(signed, { signal: NEVER });
    const payload = decode(ProposalResponsePayload, response.payload);
    const proposal = decode(Proposal, signed.proposalBytes);
    const header = decode(Header, proposal.header);
    const { input } = decode(ChaincodeProposalPayload, proposal.payload);
    const visible = encode(ChaincodeProposalPayload, { input, transientMap: new Map() });
    const hash = sha256(header.channelHeader, header.signatureHeader, visible);
    expect(payload.proposalHash).toEqual(hash);
  });

  test("yields what was read and written, the event, the response and the definition's version", async () => {
    const { response } = await answerTo({});
    const { extension } = decode(ProposalResponsePayload, response.payload);
    const action = decode(ChaincodeAction, extension);
    expect(action.chaincodeId).toMatchObject({ name: "cc", version: "1.5" });
    expect(action.response).toEqual(response.response);
    expect(action.events.length).toBeGreaterThan(0);
    const { nsRwset } = decode(TxReadWriteSet, action.results);
    expect(nsRwset.map(({ namespace }) => namespace)).toEqual(["cc"]);
    expect(response.interest?.chaincodes).toMatchObject([{ name: "cc", collectionNames: [] }]);
  });

  test("without reads or writes has empty results", async () => {
    run = (): ExecuteResult => ({ ok: true, response: success(EMPTY_BYTES) });
    const { response } = await answerTo({});
    const { extension } = decode(ProposalResponsePayload, response.payload);
    expect(decode(ChaincodeAction, extension).results).toHaveLength(0);
  });

  test("keeps private writes for the commit and names their collections", async () => {
    run = ({ simulator }): ExecuteResult => {
      simulator.putPrivateData("cc", "_implicit_org_Org1MSP", "k", utf8("v"));
      simulator.getPrivateData("cc", "_implicit_org_Org2MSP", "k");
      return { ok: true, response: success(EMPTY_BYTES) };
    };
    const { response } = await answerTo({ nonce: "private" });
    expect(response.interest?.chaincodes).toMatchObject([
      { name: "cc", collectionNames: ["_implicit_org_Org1MSP"], noPrivateReads: true },
      { name: "cc", collectionNames: ["_implicit_org_Org2MSP"], noPrivateReads: false },
    ]);
    const creator = sample.org1.client;
    const kept = transient.read(transactionIdOf({ creator, nonce: "private" }));
    expect(kept).toMatchObject([{ height: 2 }]);
  });
});

describe("the chaincode's answer", () => {
  test("of status 500 carries the payload and no endorsement", async () => {
    run = (): ExecuteResult => ({
      ok: true,
      response: { status: 500, message: "no", payload: EMPTY_BYTES },
    });
    const { response } = await answerTo({});
    expect(response).toMatchObject({ version: 0, response: { status: 500, message: "no" } });
    expect(response.payload.length).toBeGreaterThan(0);
    expect(response.endorsement).toBeUndefined();
  });

  test("of status 400 carries neither", async () => {
    run = (): ExecuteResult => ({
      ok: true,
      response: { status: 404, message: "no", payload: EMPTY_BYTES },
    });
    const { response } = await answerTo({});
    expect(response.payload).toHaveLength(0);
    expect(response.endorsement).toBeUndefined();
  });

  test("that never came is status 500 with Fabric's prefix and no payload", async () => {
    run = (): ExecuteResult => ({ ok: false, message: "failed to execute transaction x: timeout" });
    const answer = await answerTo({});
    expect(textOf(answer)).toBe(
      "response 500 error in simulation: failed to execute transaction x: timeout",
    );
    expect(answer.response.payload).toHaveLength(0);
  });

  test("is not asked for when the chaincode is not defined", async () => {
    resolution = { ok: false, reason: "chaincode cc not found" };
    expect(textOf(await answerTo({}))).toBe(
      `response 500 make sure the chaincode cc has been successfully defined on channel ${CHANNEL_ID} and try again: chaincode cc not found`,
    );
  });

  test("is not endorsed with a plugin that does not exist", async () => {
    if (!resolution.ok) throw new Error("it is defined");
    const definition = { ...resolution.definition, endorsementPlugin: "custom" };
    resolution = { ...resolution, definition };
    expect(textOf(await answerTo({}))).toContain("endorsing with plugin failed: plugin with name");
  });
});

describe("a proposal at fault", () => {
  const denied = `error validating proposal: access denied: channel [${CHANNEL_ID}] creator org`;
  const cases: readonly (readonly [string, () => ProposalRecipe])[] = [
    ["not a valid protos.Proposal", () => ({ signed: (s) => ({ ...s, proposalBytes: GARBAGE }) })],
    ["not a valid common.Header", () => ({ proposal: (p) => ({ ...p, header: GARBAGE }) })],
    [
      "ChaincodeHeaderExtension.ChaincodeId is nil",
      () => ({ channelHeader: (header) => ({ ...header, extension: EMPTY_BYTES }) }),
    ],
    ["ChaincodeHeaderExtension.ChaincodeId.Name is empty", () => ({ chaincode: "" })],
    [
      "chaincode invocation spec did not contain chaincode spec",
      () => ({ proposal: (p) => ({ ...p, payload: EMPTY_BYTES }) }),
    ],
    [
      "error validating proposal: invalid header type DELIVER_SEEK_INFO",
      () => ({ channelHeader: (header) => ({ ...header, type: HeaderType.DELIVER_SEEK_INFO }) }),
    ],
    [
      "error validating proposal: epoch is non-zero",
      () => ({ channelHeader: (header) => ({ ...header, epoch: 1 }) }),
    ],
    [
      "error validating proposal: nonce is empty",
      () => ({ signatureHeader: (header) => ({ ...header, nonce: EMPTY_BYTES }) }),
    ],
    [
      "error validating proposal: creator is empty",
      () => ({ signatureHeader: (header) => ({ ...header, creator: EMPTY_BYTES }) }),
    ],
    [
      "error validating proposal: incorrectly computed txid 'x' -- expected '",
      () => ({ channelHeader: (header) => ({ ...header, txId: "x" }) }),
    ],
    [
      "error validating proposal: empty signature bytes",
      () => ({ signed: (s) => ({ ...s, signature: EMPTY_BYTES }) }),
    ],
    [
      `${denied} unknown, creator is malformed`,
      () => ({
        signatureHeader: (header) => ({ ...header, creator: GARBAGE }),
        channelHeader: (header) => ({ ...header, txId: transactionId(utf8("nonce"), GARBAGE) }),
      }),
    ],
    [`${denied} [Org1MSP]`, () => ({ signed: (s) => ({ ...s, signature: utf8("wrong") }) })],
    [
      "request unauthorized due to incorrect timestamp 2026-01-01T00:16:00Z, peer time 2026-01-01T00:00:00Z, peer.authentication.timewindow 15m0s",
      () => ({
        channelHeader: (header) => ({
          ...header,
          timestamp: timestampFromMs(SAMPLE_NOW_MS + 16 * 60_000),
        }),
      }),
    ],
    [
      "request unauthorized due to incorrect timestamp 9007199254740991s after 1970",
      () => ({
        channelHeader: (header) => ({
          ...header,
          timestamp: { seconds: Number.MAX_SAFE_INTEGER, nanos: 0 },
        }),
      }),
    ],
    [
      "request unauthorized due to incorrect timestamp 1970-01-01T00:00:00Z",
      () => ({ channelHeader: (header) => ({ ...header, timestamp: undefined }) }),
    ],
    ["duplicate transaction found [", () => ({ nonce: "old" })],
    [
      `Failed evaluating policy on signed data during check policy on channel [${CHANNEL_ID}] with policy [/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied]`,
      () => ({ signer: sample.org1.peer }),
    ],
  ];
  test.each(cases)("is rejected: %s", async (text, recipe) => {
    const answer = await answerTo(recipe());
    expect(answer.kind).toBe("rejected");
    expect(answer.response.response?.status).toBe(500);
    expect(answer.response.response?.message).toContain(text);
  });

  test("of an expired certificate is rejected", async () => {
    const signer = await sampleMember(sample.org1.authority, "Org1MSP", "client", {
      notBeforeMs: SAMPLE_NOW_MS - 120_000,
      notAfterMs: SAMPLE_NOW_MS - 60_000,
    });
    const answer = await answerTo({ signer });
    expect(textOf(answer)).toBe("rejected 500 proposal client identity expired");
  });

  test("for an unknown channel is answered, not rejected", async () => {
    const answer = await answerTo({ channelId: "other" });
    expect(textOf(answer)).toBe("response 500 channel 'other' not found");
  });

  test("becomes an RPC error for remote callers", async () => {
    const binding = endorserBinding(endorser);
    if (binding.kind !== "unary") throw new Error("ProcessProposal is unary");
    const signed = await proposalOf({ chaincode: "" });
    const call = {
      signal: NEVER,
      isDeadlineExceeded: () => false,
      peerAddress: "",
      peerCertificate: undefined,
      localCertificate: undefined,
    };
    await expect(binding.handler(signed, call)).rejects.toMatchObject({ code: "UNKNOWN" });
  });

  propertyTest.prop([fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 80 })])(
    "made of random bytes is rejected in bounded time",
    async (proposalBytes, signature) => {
      const startMs = cpuTimeMs();
      const answer = await endorser.processProposal(
        { proposalBytes, signature },
        { signal: NEVER },
      );
      expect(answer.kind).toBe("rejected");
      expect(cpuTimeMs() - startMs).toBeLessThan(50);
    },
  );

  propertyTest.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 200 })(
    "made by changing one byte of a good one is never endorsed",
    async (position, flip) => {
      const signed = await proposalOf({});
      const proposalBytes = signed.proposalBytes.slice();
      proposalBytes[position % proposalBytes.length]! ^= flip;
      const answer = await endorser.processProposal(
        { ...signed, proposalBytes },
        { signal: NEVER },
      );
      expect(answer.response.endorsement).toBeUndefined();
    },
  );
});

describe("the system chaincodes", () => {
  async function query(
    chaincode: string,
    args: readonly (string | Uint8Array)[],
    recipe: ProposalRecipe = {},
  ): Promise<{ status: number; message: string; payload: Uint8Array }> {
    const bytes = args.map((arg) => (typeof arg === "string" ? utf8(arg) : arg));
    const answer = await answerTo({ chaincode, args: bytes, ...recipe });
    return answer.response.response!;
  }

  test("answer without a channel and are then not endorsed", async () => {
    const { response } = await answerTo({ channelId: "", chaincode: "_lifecycle" });
    expect(response.response).toMatchObject({ status: 200 });
    expect(response.endorsement).toBeUndefined();
    expect(response.payload).toHaveLength(0);
  });

  test("are endorsed on a channel under the version syscc", async () => {
    const { response } = await answerTo({ chaincode: "_lifecycle" });
    expect(response.endorsement).toBeDefined();
    const { extension } = decode(ProposalResponsePayload, response.payload);
    expect(decode(ChaincodeAction, extension).chaincodeId).toMatchObject({
      name: "_lifecycle",
      version: "syscc",
    });
  });

  test("qscc tells the height and the newest hashes", async () => {
    const { payload } = await query("qscc", ["GetChainInfo", CHANNEL_ID]);
    expect(decode(BlockchainInfo, payload)).toMatchObject({
      height: 2,
      currentBlockHash: blockHeaderHash(committed.header!),
      previousBlockHash: committed.header!.previousHash,
    });
  });

  test("qscc finds blocks by number, hash and transaction", async () => {
    const txId = transactionIdOf({ creator: sample.org1.client, nonce: "old" });
    const hash = blockHeaderHash(committed.header!);
    for (const args of [
      ["GetBlockByNumber", CHANNEL_ID, "1"],
      ["GetBlockByNumber", CHANNEL_ID, "18446744073709551615"],
      ["GetBlockByHash", CHANNEL_ID, hash],
      ["GetBlockByTxID", CHANNEL_ID, txId],
    ]) {
      const { payload } = await query("qscc", args);
      expect(decode(Block, payload).header).toEqual(committed.header);
    }
    const found = await query("qscc", ["GetTransactionByID", CHANNEL_ID, txId]);
    expect(decode(ProcessedTransaction, found.payload).validationCode).toBe(
      TxValidationCode.ENDORSEMENT_POLICY_FAILURE,
    );
  });

  test.each([
    [["GetChainInfo"], "Incorrect number of arguments, 1"],
    [["GetBlockByNumber", CHANNEL_ID], "missing 3rd argument for GetBlockByNumber"],
    [["GetChainInfo", "other"], "Invalid chain ID, other"],
    [["GetBlockByNumber", CHANNEL_ID, "-1"], "Failed to parse block number"],
    [["GetBlockByNumber", CHANNEL_ID, "9"], "Failed to get block number 9"],
    [["GetBlockByHash", CHANNEL_ID, "x"], "Failed to get block hash"],
    [["GetBlockByTxID", CHANNEL_ID, "x"], "no such transaction ID [x] in index"],
    [["GetTransactionByID", CHANNEL_ID, "x"], "no such transaction ID [x] in index"],
    [["Unknown", CHANNEL_ID, "x"], "access denied for [Unknown]"],
  ])("qscc refuses %j: %s", async (args, text) => {
    const { status, message } = await query("qscc", args);
    expect(status).toBe(500);
    expect(message).toContain(text);
  });

  test("qscc is closed to those who are no readers", async () => {
    const signer = sample.ordererOrg.client;
    const { message } = await query("qscc", ["GetChainInfo", CHANNEL_ID], { signer });
    expect(message).toContain(`access denied for [GetChainInfo][${CHANNEL_ID}]`);
  });

  test("cscc tells the channels to members of the peer's organisation only", async () => {
    const own = await query("cscc", ["GetChannels"], { channelId: "" });
    expect(decode(ChannelQueryResponse, own.payload).channels).toEqual([{ channelId: CHANNEL_ID }]);
    const signer = sample.org2.client;
    const other = await query("cscc", ["GetChannels"], { signer });
    expect(other.message).toContain("access denied for [GetChannels]");
  });

  test("cscc tells a channel's configuration and its newest config block", async () => {
    const config = await query("cscc", ["GetChannelConfig", CHANNEL_ID]);
    expect(decode(Config, config.payload).sequence).toBe(0);
    const block = await query("cscc", ["GetConfigBlock", CHANNEL_ID]);
    expect(decode(Block, block.payload).header).toEqual(sample.genesis.header);
    const unknown = await query("cscc", ["GetChannelConfig", "other"]);
    expect(unknown.status).toBe(500);
  });

  test("cscc joins a channel for an administrator of the peer's organisation", async () => {
    const signer = sample.org1.admin;
    const args = ["JoinChain", encode(Block, sample.genesis)];
    const answer = await query("cscc", args, { channelId: "", signer });
    expect(answer).toMatchObject({ status: 200, message: "" });
    expect(joins).toEqual([[CHANNEL_ID, blockHeaderHash(sample.genesis.header!)]]);
    joinAnswer = { ok: false, reason: "cannot create ledger from genesis block: it is there" };
    const again = await query("cscc", args, { channelId: "", signer });
    expect(again).toMatchObject({ status: 500, message: joinAnswer.reason });
  });

  test("cscc joins nothing for anybody else", async () => {
    const args = ["JoinChain", encode(Block, sample.genesis)];
    const { message } = await query("cscc", args, { channelId: "" });
    expect(message).toMatch(
      /^access denied for \[JoinChain\]\[sample\]: \[Failed verifying that proposal's creator satisfies local MSP principal/,
    );
    expect(joins).toEqual([]);
  });

  test.each([
    ["bytes that are no block", () => utf8("x"), /^Failed to reconstruct the genesis block, /],
    ["an empty block", () => EMPTY_BYTES, /extract channel id .* \[.* block is empty\]$/],
    [
      "a block of transactions",
      () => encode(Block, committed),
      /invalid type ENDORSER_TRANSACTION/,
    ],
    [
      "a block whose data were changed",
      () => encode(Block, { ...sample.genesis, header: committed.header }),
      /^"JoinChain" for channelID = sample failed .* data hash does not match/,
    ],
    [
      "a block without header",
      () => encode(Block, { ...sample.genesis, header: undefined }),
      /the block has no header$/,
    ],
  ])("cscc refuses to join with %s", async (_what, block, text) => {
    const signer = sample.org1.admin;
    const answer = await query("cscc", ["JoinChain", block()], { channelId: "", signer });
    expect(answer.status).toBe(500);
    expect(answer.message).toMatch(text);
    expect(joins).toEqual([]);
  });

  propertyTest.prop([fc.nat({ max: 1_000_000 }), fc.nat({ max: 255 })], { numRuns: 60 })(
    "cscc answers a damaged genesis block with words or joins what is the same channel",
    async (place, value) => {
      const bytes = encode(Block, sample.genesis).slice();
      bytes[place % bytes.length] = value;
      const signer = sample.org1.admin;
      const answer = await query("cscc", ["JoinChain", bytes], { channelId: "", signer });
      expect([200, 500]).toContain(answer.status);
      expect(answer.message === "").toBe(answer.status === 200);
    },
  );
});
