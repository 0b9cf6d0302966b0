/** The unmodified client SDK against the gateway, over gRPC; endorsers, orderers and commits are scripted. */
import { Client, credentials } from "@grpc/grpc-js";
import {
  CommitError,
  EndorseError,
  GatewayError,
  connect,
  hash,
  type Contract,
} from "@hyperledger/fabric-gateway";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { GrpcServer } from "../../../src/kernel/adapters/grpc-server.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import {
  ChaincodeEvent,
  ChannelHeader,
  Payload,
  SerializedIdentity,
  TxValidationCode,
  create,
  decode,
  encode,
  type Envelope,
} from "../../../src/wire/index.ts";
import {
  CHANNEL,
  ORDERERS,
  SUCCESS,
  World,
  createMaterial,
  good,
  type Material,
} from "../../unit/gateway/gateway-world.ts";

let material: Material;
beforeAll(async () => {
  material = await createMaterial();
});

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const LOCAL = "peer0.Org1MSP:7051";

interface Session {
  readonly world: World;
  readonly contract: Contract;
  readonly events: (options?: object) => Promise<AsyncIterable<{ readonly eventName: string }>>;
}

async function connected(): Promise<Session> {
  const world = new World(material);
  const server = new GrpcServer([...world.gateway.bindings()], { host: "127.0.0.1", port: 0 });
  const port = await server.listen();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { mspid, idBytes } = decode(SerializedIdentity, material.client.identity);
  const gateway = connect({
    client,
    identity: { mspId: mspid, credentials: idBytes },
    signer: (message) => material.client.sign(new Uint8Array(message)),
    hash: hash.none,
  });
  closers.push(
    () => server.close(),
    () => {
      client.close();
    },
    () => {
      gateway.close();
    },
  );
  const network = gateway.getNetwork(CHANNEL);
  return {
    world,
    contract: network.getContract("basic"),
    events: async (options) => {
      const events = await network.getChaincodeEvents("basic", options);
      closers.push(() => {
        events.close();
      });
      return events;
    },
  };
}

/** Orderers that commit each transaction at once, with `code`. */
function commitAtOnce(world: World, code: TxValidationCode = TxValidationCode.VALID): void {
  const order = ({ payload }: Envelope): typeof SUCCESS => {
    const { channelHeader } = decode(Payload, payload).header!;
    const { txId } = decode(ChannelHeader, channelHeader);
    const event = create(ChaincodeEvent, { chaincodeId: "basic", txId, eventName: "Done" });
    world.ledger.commit({ txId, code, events: encode(ChaincodeEvent, event) });
    return SUCCESS;
  };
  for (const address of ORDERERS) world.orderers.set(address, order);
}

async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("the client SDK", () => {
  test("evaluates a transaction", async () => {
    const { contract } = await connected();
    expect(utf8Decode(await contract.evaluateTransaction("read", "a"))).toBe("result");
  });

  test("submits a transaction and learns that it is committed", async () => {
    const { world, contract } = await connected();
    commitAtOnce(world);
    expect(utf8Decode(await contract.submitTransaction("write", "a"))).toBe("result");
    expect(world.asked.slice(0, 2)).toEqual([LOCAL, "peer0.Org2MSP:7051"]);
  });

  test("waits for a commit that comes later", async () => {
    const { world, contract } = await connected();
    const submitted = await contract.submitAsync("write", { arguments: ["a"] });
    const waiting = submitted.getStatus();
    await expect.poll(() => world.ledger.listenerCount).toBe(1);
    world.ledger.commit({ txId: submitted.getTransactionId() });
    expect(await waiting).toMatchObject({ successful: true, blockNumber: 10n });
  });

  test("learns that a transaction is not valid", async () => {
    const { world, contract } = await connected();
    commitAtOnce(world, TxValidationCode.MVCC_READ_CONFLICT);
    const error = await rejectionOf(contract.submitTransaction("write"));
    expect(error).toBeInstanceOf(CommitError);
    expect(error).toMatchObject({ code: TxValidationCode.MVCC_READ_CONFLICT });
  });

  test("reads the details of failed endorsements, evaluations and submissions", async () => {
    const { world, contract } = await connected();
    for (const address of ORDERERS) {
      world.orderers.set(address, () => ({ status: 503, info: "no leader" }));
    }
    const submitError = await rejectionOf(contract.submitTransaction("write"));
    expect(submitError).toMatchObject({ name: "SubmitError", code: 14 });
    expect((submitError as GatewayError).details).toHaveLength(3);

    for (const { endpoint } of world.members) {
      world.scripts.set(endpoint, () => ({
        response: { status: 500, message: "the asset does not exist" },
        payload: utf8("payload"),
      }));
    }
    const message = "chaincode response 500, the asset does not exist";
    const detail = { address: LOCAL, mspId: "Org1MSP", message };
    const endorseError = await rejectionOf(contract.submitTransaction("write"));
    expect(endorseError).toBeInstanceOf(EndorseError);
    expect((endorseError as EndorseError).details[0]).toEqual(detail);
    const evaluateError = await rejectionOf(contract.evaluateTransaction("read"));
    expect(evaluateError).toBeInstanceOf(GatewayError);
    expect((evaluateError as GatewayError).details).toEqual([detail]);
  });

  test("is held to its own deadline", async () => {
    const { world, contract } = await connected();
    world.scripts.set(LOCAL, () => new Promise(() => undefined));
    const proposal = contract.newProposal("read");
    const error = await rejectionOf(proposal.evaluate({ deadline: Date.now() + 200 }));
    expect(error).toMatchObject({ code: 4 });
  });

  test("carries transient data and named organisations", async () => {
    const { world, contract } = await connected();
    world.scripts.set(LOCAL, () => good(LOCAL));
    const proposal = contract.newProposal("write", {
      transientData: { secret: "value" },
      endorsingOrganizations: ["Org2MSP", "Org3MSP"],
    });
    const transaction = await proposal.endorse();
    expect(utf8Decode(transaction.getResult())).toBe("result");
    expect(world.asked.toSorted()).toEqual(["peer0.Org2MSP:7051", "peer0.Org3MSP:7051"]);
  });

  test("listens to chaincode events, from a block on and as they come", async () => {
    const { world, contract, events } = await connected();
    commitAtOnce(world);
    await contract.submitTransaction("write");
    const received: string[] = [];
    for await (const { eventName } of await events({ startBlock: 0n })) {
      received.push(eventName);
      if (received.length === 1) await contract.submitTransaction("write");
      if (received.length === 2) break;
    }
    expect(received).toEqual(["Done", "Done"]);
  });
});
