/** Peers that join a network of real processes while it runs, and leave it. */
import * as grpc from "@grpc/grpc-js";
import reference, { type peer as PeerMessages } from "@hyperledger/fabric-protos";
import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CURVES, toLowS } from "../../../src/crypto/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import {
  BLOCK_METADATA,
  Block,
  ChannelHeader,
  Envelope,
  Payload,
  blockDataHash,
  blockHeaderHash,
  create,
  decode,
  encode,
  timestampFromMs,
} from "../../../src/wire/index.ts";
import { TestNetwork, root } from "./harness.ts";
import { readBlocks } from "./stopped-ledgers.ts";

const { common, msp, peer: peerProtos } = reference;
const SLOW_MACHINE_MS = 120_000;
const BLOCKS_MIN = 60;
const JOINER = "peer1.org1.example.com";

interface Peers {
  readonly peers: readonly {
    readonly name: string;
    readonly mspId: string;
    readonly height: number;
    readonly lag: number;
    readonly health: string;
    readonly since: string | null;
    readonly chaincodes: readonly { readonly name: string }[];
  }[];
}

let net: TestNetwork;
let operationsPort: number;

beforeAll(async () => {
  net = await TestNetwork.start({ peersPerOrganization: 1 });
  await net.must("deploy", join(root, "config/samples/asset-transfer"), "--name", "basic");
  const { network } = await net.connect(net.topology.organizations[0]!);
  const contract = network.getContract("basic");
  for (let asset = 0; (await net.height("peer0.org1.example.com")) < BLOCKS_MIN; asset += 1) {
    await contract.submitTransaction("CreateAsset", `a${asset}`, "red", "1", "me", "1");
  }
}, SLOW_MACHINE_MS);

afterAll(async () => {
  await net.close();
}, SLOW_MACHINE_MS);

function listed(): Promise<Peers> {
  return net.must("peer", "list") as Promise<Peers>;
}

async function joinerHeight(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${operationsPort}/metrics`).catch(() => undefined);
  const text = (await response?.text()) ?? "";
  return Number(/^ledger_blockchain_height\{.*mychannel.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe("a peer that joins a running network", { timeout: SLOW_MACHINE_MS }, () => {
  test("is level with the others, runs their chaincodes and is known to all", async () => {
    const added = await net.must("peer", "add", "--org", "org1");
    expect(added).toMatchObject({ name: JOINER, mspId: "Org1MSP", runnable: ["basic"] });
    const manifest = JSON.parse(await readFile(join(net.directory, "network.json"), "utf8")) as {
      addedPeers: readonly { name: string; operationsPort: number }[];
    };
    operationsPort = manifest.addedPeers.find(({ name }) => name === JOINER)!.operationsPort;
    const { peers } = await listed();
    expect(peers.map(({ name }) => name).sort()).toEqual([
      "peer0.org1.example.com",
      "peer0.org2.example.com",
      JOINER,
    ]);
    for (const peer of peers) {
      expect(peer).toMatchObject({ health: "alive", lag: 0 });
      expect(peer.chaincodes.map(({ name }) => name)).toContain("basic");
      expect(Date.parse(peer.since!)).toBeGreaterThan(0);
    }
    const { nodes } = await net.status();
    expect(nodes.find(({ name }) => name === JOINER)).toMatchObject({ role: "peer" });
  });

  test("goes on where it was when it is killed in the middle of catching up", async () => {
    const target = await net.height("peer0.org1.example.com");
    await net.stopNode(JOINER);
    const data = join(net.directory, "nodes", JOINER, "data");
    for (const part of ["channels", "state"]) await rm(join(data, part), { recursive: true });
    let kills = 0;
    for (let place = 5; place < target; place += 25) {
      await killed(await net.restart(JOINER, async () => (await joinerHeight()) >= place));
      kills += 1;
    }
    expect(kills).toBeGreaterThan(1);
    await net.restart(JOINER, async () => (await joinerHeight()) >= target);
  });

  test("joins a further channel by a client of Fabric's, and keeps it", async () => {
    const second = await blockOfAnotherChannel("second");
    expect(await callCscc("JoinChain", second)).toMatchObject({ status: 200 });
    expect(await callCscc("JoinChain", second)).toMatchObject({
      status: 500,
      message:
        "cannot create ledger from genesis block: ledger [second] already exists with state [ACTIVE]",
    });
    await killed(await net.pidOf(JOINER));
    await net.restart(JOINER, async () => (await joinerHeight()) > 0);
    const { payload } = await callCscc("GetChannels");
    const channels = peerProtos.ChannelQueryResponse.deserializeBinary(payload).getChannelsList();
    expect(channels.map((channel) => channel.getChannelId())).toEqual(["mychannel", "second"]);
  });

  test("joins a further channel by a command, which says how far it is", async () => {
    const file = join(net.directory, "second.block");
    await writeFile(file, await blockOfAnotherChannel("second"));
    const command = ["peer", "join", "--channel", "second", "--block", file, "--json"];
    const first = await net.run(...command, "--peer", "peer0.org1");
    const [progress, result] = first.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(progress).toMatchObject({
      event: "progress",
      channelId: "second",
      height: 1,
      target: 1,
    });
    expect(result).toEqual({
      channelId: "second",
      peers: [{ peer: "peer0.org1.example.com", outcome: "joined" }],
    });
    const all = await net.run(...command);
    expect(JSON.parse(all.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      peers: [
        { peer: "peer0.org1.example.com", outcome: "was a member" },
        { peer: JOINER, outcome: "was a member" },
        { peer: "peer0.org2.example.com", outcome: "joined" },
      ],
    });
    const wrong = await net.run("peer", "join", "--channel", "third", "--block", file);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain("is of channel second, not of third");
  });

  test("has the ledger of the others, and leaves when it is told to", async () => {
    for (const name of [JOINER, "peer0.org1.example.com"]) await net.stopNode(name);
    const [own, others] = [
      await readBlocks(net, JOINER),
      await readBlocks(net, "peer0.org1.example.com"),
    ];
    expect(own.map(({ header }) => blockHeaderHash(header!))).toEqual(
      others.map(({ header }) => blockHeaderHash(header!)),
    );
    // Each orderer signs the blocks that it delivers: the first slot may differ, the verdicts and the commit hash may not.
    const verdicts = (blocks: typeof own): unknown[] =>
      blocks.map(({ metadata }) => metadata?.metadata.slice(BLOCK_METADATA.transactionsFilter));
    expect(verdicts(own)).toEqual(verdicts(others));
    await net.restart("peer0.org1.example.com");
    const last = await net.run("peer", "remove", "peer0.org1.example.com", "--yes");
    expect(last.code).toBe(1);
    expect(last.stderr).toContain("--force");
    expect(await net.must("peer", "remove", "peer1.org1", "--yes")).toMatchObject({
      removed: JOINER,
    });
    const { nodes } = await net.status();
    expect(nodes.map(({ name }) => name)).not.toContain(JOINER);
    const alone = await net.run("peer", "remove", "peer0.org2.example.com", "--yes");
    expect(alone.stderr).toContain("last peer of Org2MSP");
  });
});

async function killed(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await net.until(`${pid} has ended`, () => Promise.resolve(!existsSync(`/proc/${pid}/exe`)));
}

/** The genesis block of the network's channel under another name. */
async function blockOfAnotherChannel(channelId: string): Promise<Uint8Array> {
  const path = join(net.directory, "channel-artifacts/mychannel.block");
  const block = decode(Block, new Uint8Array(await readFile(path)));
  const envelope = decode(Envelope, block.data!.data[0]!);
  const payload = decode(Payload, envelope.payload);
  const header = decode(ChannelHeader, payload.header!.channelHeader);
  const channelHeader = encode(ChannelHeader, { ...header, channelId });
  const renamed = encode(Payload, { ...payload, header: { ...payload.header!, channelHeader } });
  const data = [encode(Envelope, { ...envelope, payload: renamed })];
  return encode(Block, {
    ...block,
    header: { ...block.header!, dataHash: blockDataHash(data) },
    data: { data },
  });
}

/** Calls `cscc` at the joined peer as its organisation's administrator, with Fabric's own message classes. */
async function callCscc(
  ...args: readonly (string | Uint8Array)[]
): Promise<{ status: number; message: string; payload: Uint8Array }> {
  const base = join(net.directory, "organizations/peerOrganizations/org1.example.com");
  const admin = join(base, "users/Admin@org1.example.com/msp");
  const certificate = await readFile(join(admin, "signcerts/Admin@org1.example.com-cert.pem"));
  const key = createPrivateKey(await readFile(join(admin, "keystore/priv_sk")));
  const creator = new msp.SerializedIdentity();
  creator.setMspid("Org1MSP");
  creator.setIdBytes(certificate);
  const bytes = proposalOf(creator.serializeBinary(), args);
  const signed = new peerProtos.SignedProposal();
  signed.setProposalBytes(bytes);
  signed.setSignature(toLowS(sign("sha256", bytes, key), CURVES[0]!));
  const manifest = JSON.parse(await readFile(join(net.directory, "network.json"), "utf8")) as {
    addedPeers: readonly { port: number }[];
  };
  const client = new grpc.Client(
    `127.0.0.1:${manifest.addedPeers[0]!.port}`,
    grpc.credentials.createSsl(await readFile(join(base, "peers", JOINER, "tls/ca.crt"))),
    { "grpc.ssl_target_name_override": JOINER },
  );
  try {
    const answer = await new Promise<PeerMessages.ProposalResponse>((resolve, reject) => {
      client.makeUnaryRequest(
        "/protos.Endorser/ProcessProposal",
        (message: PeerMessages.SignedProposal) => Buffer.from(message.serializeBinary()),
        (buffer) => peerProtos.ProposalResponse.deserializeBinary(buffer),
        signed,
        (error, response) => {
          if (error === null && response !== undefined) resolve(response);
          else reject(error ?? new Error("no answer"));
        },
      );
    });
    const response = answer.getResponse()!;
    return {
      status: response.getStatus(),
      message: response.getMessage(),
      payload: response.getPayload_asU8(),
    };
  } finally {
    client.close();
  }
}

function proposalOf(creator: Uint8Array, args: readonly (string | Uint8Array)[]): Uint8Array {
  const nonce = randomBytes(24);
  const id = new peerProtos.ChaincodeID();
  id.setName("cscc");
  const input = new peerProtos.ChaincodeInput();
  input.setArgsList(args.map((arg) => (typeof arg === "string" ? utf8(arg) : arg)));
  const spec = new peerProtos.ChaincodeSpec();
  spec.setType(peerProtos.ChaincodeSpec.Type.GOLANG);
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peerProtos.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new peerProtos.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  const extension = new peerProtos.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const channelHeader = common.ChannelHeader.deserializeBinary(
    encode(ChannelHeader, create(ChannelHeader, { timestamp: timestampFromMs(Date.now()) })),
  );
  // As Fabric's `peer channel join` has it.
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setTxId(createHash("sha256").update(nonce).update(creator).digest("hex"));
  channelHeader.setExtension$(extension.serializeBinary());
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator);
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const proposal = new peerProtos.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  return proposal.serializeBinary();
}
