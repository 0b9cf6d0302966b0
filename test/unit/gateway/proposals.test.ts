import { beforeAll, describe, expect, test } from "vitest";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import { RpcError } from "../../../src/kernel/ports/rpc.ts";
import {
  ChaincodeActionPayload,
  ChaincodeProposalPayload,
  Header,
  Payload,
  Proposal,
  Transaction,
  decode,
  encode,
  type EndorseResponse,
  type EvaluateResponse,
} from "../../../src/wire/index.ts";
import {
  World,
  createMaterial,
  definition,
  failureOf,
  good,
  payloadOf,
  proposal,
  type Material,
} from "./gateway-world.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

let material: Material;
beforeAll(async () => {
  material = await createMaterial();
});

const LOCAL = "peer0.Org1MSP:7051";
const OWN = "peer1.Org1MSP:7051";
const OTHER = "peer0.Org2MSP:7051";
const OTHER_1 = "peer1.Org2MSP:7051";
const TRANSIENT = new Map([["secret", utf8("value")]]);
const error500 = (message: string) => () => ({ response: { status: 500, message } });
const chaincodeError = (status: number, message: string) => () => ({
  response: { status, message },
  payload: utf8("payload"),
});
const unreachable = (): never => {
  throw new RpcError("UNAVAILABLE", "no connection");
};

function evaluate(world: World, changes: object = {}): Promise<EvaluateResponse> {
  return world.unary("Evaluate", {
    transactionId: "tx",
    channelId: "",
    proposedTransaction: proposal(),
    targetOrganizations: [],
    ...changes,
  });
}

function endorse(world: World, changes: object = {}): Promise<EndorseResponse> {
  return world.unary("Endorse", {
    transactionId: "tx",
    channelId: "",
    proposedTransaction: proposal(),
    endorsingOrganizations: [],
    ...changes,
  });
}

function endorsersOf({ preparedTransaction }: EndorseResponse): readonly string[] {
  const payload = decode(Payload, preparedTransaction!.payload);
  const { actions } = decode(Transaction, payload.data);
  const { action } = decode(ChaincodeActionPayload, actions[0]!.payload);
  return action!.endorsements.map(({ endorser }) => utf8Decode(endorser));
}

describe("Evaluate", () => {
  test("asks this peer first among equals and returns the endorsed result", async () => {
    const world = new World(material);
    const { result } = await evaluate(world);
    expect(utf8Decode(result!.payload)).toBe("result");
    expect(world.asked).toEqual([LOCAL]);
  });

  test("prefers the highest ledger of the own organisation, then of the others", async () => {
    const world = new World(material);
    for (const [index, member] of world.members.entries()) {
      world.members[index] = { ...member, height: 10 + index };
      world.scripts.set(member.endpoint, error500("try another"));
    }
    await failureOf(evaluate(world));
    expect(world.asked).toEqual([
      OWN,
      LOCAL,
      "peer1.Org3MSP:7051",
      "peer0.Org3MSP:7051",
      OTHER_1,
      OTHER,
    ]);
  });

  test("falls back to the plain response where the payload holds no result", async () => {
    const world = new World(material);
    world.scripts.set(LOCAL, () => ({
      response: { status: 200, payload: utf8("plain") },
      payload: utf8("\xff"),
    }));
    const { result } = await evaluate(world);
    expect(utf8Decode(result!.payload)).toBe("plain");
  });

  test("does not repeat what the chaincode refuses", async () => {
    const world = new World(material);
    world.scripts.set(LOCAL, chaincodeError(404, "no such asset"));
    expect(await failureOf(evaluate(world))).toEqual({
      code: "UNKNOWN",
      message: "evaluate call to endorser returned error: chaincode response 404, no such asset",
      details: [`${LOCAL} Org1MSP: chaincode response 404, no such asset`],
    });
    expect(world.asked).toHaveLength(1);
  });

  test("does not repeat what this peer rejects", async () => {
    const world = new World(material);
    world.rejection = "access denied";
    expect(await failureOf(evaluate(world))).toMatchObject({
      code: "FAILED_PRECONDITION",
      message: "evaluate call to endorser returned error: access denied",
    });
  });

  test("tries every peer after failures of peers, and tells about the last", async () => {
    const world = new World(material);
    for (const { endpoint } of world.members) world.scripts.set(endpoint, unreachable);
    world.scripts.set(LOCAL, error500("broken"));
    const failure = await failureOf(evaluate(world));
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      message: "failed to evaluate transaction, see attached details for more info",
    });
    expect(failure.details).toHaveLength(6);
    expect(failure.details[0]).toBe(`${LOCAL} Org1MSP: broken`);
    expect(failure.details[1]).toBe(`${OWN} Org1MSP: no connection`);
  });

  test("keeps transient data in the own organisation unless others are named", async () => {
    const world = new World(material);
    const secret = { proposedTransaction: proposal({ transient: TRANSIENT }) };
    for (const { endpoint } of world.members) world.scripts.set(endpoint, error500("x"));
    await failureOf(evaluate(world, secret));
    expect(world.asked).toEqual([LOCAL, OWN]);
    world.asked.length = 0;
    await failureOf(evaluate(world, { ...secret, targetOrganizations: ["Org2MSP"] }));
    expect(world.asked).toEqual([OTHER, OTHER_1]);
    const unknown = { proposedTransaction: proposal({ transient: TRANSIENT, chaincode: "x" }) };
    expect(await failureOf(evaluate(world, unknown))).toMatchObject({
      code: "FAILED_PRECONDITION",
      message:
        "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: no peers available to evaluate chaincode x in channel ch1",
    });
  });

  test("says when nobody runs the chaincode, except for those that everyone has", async () => {
    const world = new World(material);
    const failure = await failureOf(
      evaluate(world, { proposedTransaction: proposal({ chaincode: "x" }) }),
    );
    expect(failure).toEqual({
      code: "FAILED_PRECONDITION",
      message: "no peers available to evaluate chaincode x in channel ch1",
      details: [],
    });
    await evaluate(world, { proposedTransaction: proposal({ chaincode: "qscc" }) });
    expect(world.asked).toEqual([LOCAL]);
  });

  test("ends at the client's deadline and gives up on the endorser", async () => {
    const world = new World(material);
    const deadline = new AbortController();
    let given: AbortSignal | undefined;
    world.scripts.set(LOCAL, (_, signal) => {
      given = signal;
      deadline.abort();
      return new Promise(() => undefined);
    });
    const call = { signal: deadline.signal, isDeadlineExceeded: () => true };
    const request = {
      proposedTransaction: proposal(),
      targetOrganizations: [],
      transactionId: "",
      channelId: "",
    };
    expect(await failureOf(world.unary("Evaluate", request, call))).toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: "evaluate timeout expired",
    });
    expect(given?.aborted).toBe(true);
  });

  test("goes on to the next peer when one takes too long", async () => {
    const world = new World(material, { endorsementTimeoutMs: 5 });
    world.scripts.set(LOCAL, () => new Promise(() => undefined));
    await evaluate(world);
    expect(world.asked).toEqual([LOCAL, OWN]);
  });
});

describe("requests that cannot be read", () => {
  const unpack = "failed to unpack transaction proposal:";
  const texts: readonly (readonly [string, object])[] = [
    ["no channel id provided", proposal({ channelId: "" })],
    ["no chaincode spec is provided, channel id [ch1]", proposal({ spec: {} })],
    ["no chaincode id is provided, channel id [ch1]", proposal({ spec: { chaincodeSpec: {} } })],
    ["no chaincode name is provided, channel id [ch1]", proposal({ chaincode: "" })],
  ];

  test("are invalid arguments with Fabric's texts", async () => {
    const world = new World(material);
    for (const [text, proposedTransaction] of texts) {
      const expected = { code: "INVALID_ARGUMENT", message: `${unpack} ${text}`, details: [] };
      expect(await failureOf(evaluate(world, { proposedTransaction }))).toEqual(expected);
      expect(await failureOf(endorse(world, { proposedTransaction }))).toEqual(expected);
    }
    const none = { proposedTransaction: undefined };
    expect(await failureOf(evaluate(world, none))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `${unpack} a signed proposal is required`,
    });
    expect(await failureOf(endorse(world, none))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "the proposed transaction must contain a signed proposal",
    });
  });

  test("are refused whatever prefix of a proposal they are", async () => {
    const world = new World(material);
    const { proposalBytes, signature } = proposal();
    for (let length = 0; length < proposalBytes.length; length += 1) {
      const proposedTransaction = { proposalBytes: proposalBytes.subarray(0, length), signature };
      const failure = await failureOf(endorse(world, { proposedTransaction }));
      expect(failure.code).toBe("INVALID_ARGUMENT");
    }
    expect(world.asked).toEqual([]);
  });

  test("are refused within 50 ms, a megabyte of the smallest fields too", async () => {
    const world = new World(material);
    const proposedTransaction = {
      proposalBytes: new Uint8Array(1024 * 1024).fill(0x0a),
      signature: utf8("s"),
    };
    const costsMs: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const started = cpuTimeMs();
      const failure = await failureOf(evaluate(world, { proposedTransaction }));
      costsMs.push(cpuTimeMs() - started);
      expect(failure.code).toBe("INVALID_ARGUMENT");
    }
    expect(Math.min(...costsMs)).toBeLessThan(50);
  });

  test("name a channel that this peer has not joined", async () => {
    const world = new World(material);
    const failure = await failureOf(
      evaluate(world, { proposedTransaction: proposal({ channelId: "other" }) }),
    );
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      message:
        "failed to get config for channel [other]: could not get last config for channel other",
    });
  });
});

describe("Endorse", () => {
  test("adds to the first endorsement what the policy still needs", async () => {
    const world = new World(material);
    expect(endorsersOf(await endorse(world)).toSorted()).toEqual([LOCAL, OTHER]);
    expect(world.asked).toEqual([LOCAL, OTHER]);
    expect(world.ledger.openReaders).toBe(0);
  });

  test("prepares the transaction byte for byte, without transient data", async () => {
    const world = new World(material);
    const signed = proposal({ transient: TRANSIENT });
    const { preparedTransaction } = await endorse(world, { proposedTransaction: signed });
    const { header, payload } = decode(Proposal, signed.proposalBytes);
    const envelope = decode(Payload, preparedTransaction!.payload);
    expect(encode(Header, envelope.header!)).toEqual(header);
    const [action] = decode(Transaction, envelope.data).actions;
    expect(action!.header).toEqual(envelope.header!.signatureHeader);
    const actionPayload = decode(ChaincodeActionPayload, action!.payload);
    const { input } = decode(ChaincodeProposalPayload, payload);
    const visible = encode(ChaincodeProposalPayload, { input, transientMap: new Map() });
    expect(actionPayload.chaincodeProposalPayload).toEqual(visible);
    expect(actionPayload.action!.proposalResponsePayload).toEqual(payloadOf("result"));
    expect(preparedTransaction!.signature).toHaveLength(0);
  });

  test("replaces a failed peer by the next of its group", async () => {
    const world = new World(material);
    world.scripts.set(OTHER, unreachable);
    expect(endorsersOf(await endorse(world)).toSorted()).toEqual([LOCAL, OTHER_1]);
  });

  test("takes another layout when a group is exhausted", async () => {
    const world = new World(material);
    const text = "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')";
    world.ledger.define("basic", definition(text));
    world.scripts.set(OTHER, unreachable).set(OTHER_1, error500("broken"));
    const [first, second] = endorsersOf(await endorse(world)).toSorted();
    expect([first, second]).toEqual([LOCAL, "peer0.Org3MSP:7051"]);
  });

  test("tells all failures when there are too few endorsements", async () => {
    const world = new World(material);
    world.scripts.set(OTHER, unreachable);
    world.scripts.set(OTHER_1, () => good(OTHER_1, "another result"));
    expect(await failureOf(endorse(world))).toEqual({
      code: "ABORTED",
      message:
        "failed to collect enough transaction endorsements, see attached details for more info",
      details: [
        `${OTHER} Org2MSP: no connection`,
        `${OTHER_1} Org2MSP: ProposalResponsePayloads do not match`,
      ],
    });
  });

  test("tries every own peer for the first endorsement, even after the chaincode's refusal", async () => {
    const world = new World(material);
    world.scripts.set(LOCAL, chaincodeError(500, "no")).set(OWN, error500("broken"));
    expect(await failureOf(endorse(world))).toEqual({
      code: "ABORTED",
      message: "failed to endorse transaction, see attached details for more info",
      details: [`${LOCAL} Org1MSP: chaincode response 500, no`, `${OWN} Org1MSP: broken`],
    });
  });

  test("tells what the own peer refused where another, whose ledger lags, endorsed", async () => {
    const world = new World(material);
    world.scripts.set(LOCAL, error500("the asset exists"));
    world.scripts.set(OTHER, error500("the asset exists"));
    world.scripts.set(OTHER_1, error500("the asset exists"));
    const { details } = await failureOf(endorse(world));
    expect(world.asked).toEqual([LOCAL, OWN, OTHER, OTHER_1]);
    expect(details).toEqual([
      `${LOCAL} Org1MSP: the asset exists`,
      `${OTHER} Org2MSP: the asset exists`,
      `${OTHER_1} Org2MSP: the asset exists`,
    ]);
  });

  test("asks one peer of each organisation that the client names", async () => {
    const world = new World(material);
    const named = { endorsingOrganizations: ["Org3MSP", "Org2MSP", "Org3MSP"] };
    expect(endorsersOf(await endorse(world, named)).toSorted()).toEqual([
      OTHER,
      "peer0.Org3MSP:7051",
    ]);
    expect(
      await failureOf(endorse(world, { endorsingOrganizations: ["A", "Org1MSP", "B"] })),
    ).toMatchObject({
      code: "UNAVAILABLE",
      message: "failed to find any endorsing peers for org(s): A, B",
    });
  });

  test("follows what the first endorser says the transaction touches", async () => {
    const world = new World(material);
    const calls = [
      { name: "_lifecycle", collectionNames: ["_implicit_org_Org1MSP"], noPrivateReads: true },
    ];
    world.scripts.set(LOCAL, () => ({ ...good(LOCAL), interest: { chaincodes: calls } }));
    expect(endorsersOf(await endorse(world))).toEqual([LOCAL]);
    expect(world.asked).toEqual([LOCAL]);
  });

  test("asks a majority for what the lifecycle writes in public", async () => {
    const world = new World(material);
    const signed = proposal({ chaincode: "_lifecycle" });
    const endorsers = endorsersOf(await endorse(world, { proposedTransaction: signed }));
    expect(endorsers).toHaveLength(2);
    expect(endorsers).toContain(LOCAL);
  });

  test("plans without the own organisation where it does not run the chaincode", async () => {
    const world = new World(material);
    world.ledger.define("basic", definition("OR('Org2MSP.peer')"));
    for (const [index, member] of world.members.entries()) {
      if (member.mspId === "Org1MSP") world.members[index] = { ...member, chaincodes: [] };
    }
    expect(endorsersOf(await endorse(world))).toEqual([OTHER]);
    const secret = { proposedTransaction: proposal({ transient: TRANSIENT }) };
    expect(await failureOf(endorse(world, secret))).toMatchObject({
      code: "FAILED_PRECONDITION",
      message:
        "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
    });
  });

  test("explains why no plan can be made", async () => {
    const world = new World(material);
    const none = "no combination of peers can be derived which satisfy the endorsement policy:";
    world.ledger.define("basic", definition("AND('Org1MSP.peer', 'Org4MSP.peer')"));
    expect(await failureOf(endorse(world))).toMatchObject({
      code: "FAILED_PRECONDITION",
      message: `${none} no peer combination can satisfy the endorsement policy`,
    });
    world.ledger.define("basic", definition("OR('Org1MSP.peer')"), 2);
    expect(await failureOf(endorse(world))).toMatchObject({
      message: `${none} required chaincodes are not installed on sufficient peers`,
    });
    world.scripts.set(LOCAL, () => ({
      ...good(LOCAL),
      interest: { chaincodes: [{ name: "unknown" }] },
    }));
    expect(await failureOf(endorse(world))).toMatchObject({
      message: `${none} No metadata was found for chaincode unknown in channel ch1`,
    });
  });

  test("ends at the client's deadline in the stage that it has reached", async () => {
    for (const [stalled, stage] of [
      [LOCAL, "first endorsement"],
      [OTHER, "endorsements"],
    ] as const) {
      const world = new World(material);
      const deadline = new AbortController();
      world.scripts.set(stalled, () => {
        deadline.abort();
        return new Promise(() => undefined);
      });
      const request = {
        proposedTransaction: proposal(),
        endorsingOrganizations: [],
        transactionId: "",
        channelId: "",
      };
      const call = { signal: deadline.signal, isDeadlineExceeded: () => true };
      expect(await failureOf(world.unary("Endorse", request, call))).toMatchObject({
        code: "DEADLINE_EXCEEDED",
        message: `endorsement timeout expired while collecting ${stage}`,
      });
    }
  });
});

describe("calls beyond the bound", () => {
  test("fail at once with Fabric's text", async () => {
    const world = new World(material, { callsMax: 1 });
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.scripts.set(LOCAL, async () => {
      await released;
      return good(LOCAL);
    });
    const bindings = world.gateway.bindings();
    expect(bindings).toHaveLength(5);
    const running = evaluate(world);
    expect(await failureOf(evaluate(world))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: "too many requests for /gateway.Gateway, exceeding concurrency limit (1)",
    });
    release();
    await running;
    await evaluate(world);
  });
});
