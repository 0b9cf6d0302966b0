/** What a leader says of its group beside Raft's messages: `etcdraft.ClusterMetadata`, as Fabric's orderers do. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  ClusterLink,
  ClusterService,
  encodeRaftMessage,
  type ClusterMember,
} from "../../../../cluster/replica/index.ts";
import { toHex } from "../../../../src/kernel/bytes.ts";
import { AsyncQueue } from "../../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import type {
  RpcCall,
  RpcChannel,
  RpcStream,
  RpcStreamHandler,
} from "../../../../src/kernel/ports/rpc.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import type { StepRequest, StepResponse } from "../../../../src/wire/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { sampleChannel } from "../../../support/sample-channel.ts";

/** As Fabric's orderers send it of the nodes 1, 2 and 3. */
const NODES_1_2_3 = "0a03010203";
const NODES_1_2 = "0a020102";

let pem: Uint8Array;

beforeAll(async () => {
  const { tls } = (await sampleChannel()).ordererOrg;
  pem = (await tls.issueTls({ commonName: "o2", alternativeNames: [] })).certificatePem;
});

function memberOf(raftId: number): ClusterMember {
  const certificates = { clientTlsCertPem: pem, serverTlsCertPem: pem, tlsRootsPem: [] };
  return { raftId, address: `o${raftId}:7050`, ...certificates };
}

/** A link of member 1, and what it sends. */
class Rig {
  readonly time = new SimulatedTime();
  readonly link: ClusterLink;
  isBroken = false;
  #sent: string[] = [];

  constructor() {
    const dial = ({ address }: { readonly address: string }): RpcChannel =>
      ({ address, stream: () => this.#stream(address), close: () => undefined }) as never;
    this.link = new ClusterLink(
      {
        clock: this.time,
        timers: this.time,
        random: new SeededRandom(1),
        logger: silentLogger,
        meter: silentMeter,
        dialer: { localCertificate: undefined, dial },
      },
      { channelId: "ch1", raftId: 1, members: [memberOf(1), memberOf(2), memberOf(3)] },
    );
  }

  /** The metadata that goes with a heartbeat to each of these, by member: each has a stream of its own. */
  async heartbeats(...to: readonly number[]): Promise<readonly string[]> {
    for (const id of to) {
      this.link.send({ type: "heartbeat", from: 1, to: id, term: 1, commit: 0 });
    }
    await this.time.advance(1);
    return this.#sent.splice(0).sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
  }

  #stream(address: string): RpcStream<StepRequest, StepResponse> {
    const responses = new AsyncQueue<StepResponse>(1);
    return {
      responses,
      send: (request: StepRequest) => {
        if (this.isBroken) return Promise.reject(new Error("broken"));
        if (request.payload?.$case === "consensusRequest") {
          this.#sent.push(`${address[1]} ${toHex(request.payload.value.metadata)}`);
        }
        return Promise.resolve();
      },
      cancel: () => {
        responses.end();
      },
      end: () => undefined,
      peerCertificate: () => undefined,
    };
  }
}

describe("a link whose member leads", () => {
  test("says who answers once to each member, and again when that has changed", async () => {
    const rig = new Rig();
    expect(await rig.heartbeats(2)).toEqual(["2 "]);
    rig.link.announce([1, 2, 3]);
    expect(await rig.heartbeats(2, 2, 3)).toEqual([`2 ${NODES_1_2_3}`, "2 ", `3 ${NODES_1_2_3}`]);
    rig.link.announce([1, 2, 3]);
    expect(await rig.heartbeats(2, 3)).toEqual(["2 ", "3 "]);
    rig.link.announce([1, 2]);
    expect(await rig.heartbeats(3, 3, 2)).toEqual([`2 ${NODES_1_2}`, `3 ${NODES_1_2}`, "3 "]);
  });

  test("says it again over a new stream, for it may have been lost with the old one", async () => {
    const rig = new Rig();
    rig.link.announce([1, 2]);
    rig.isBroken = true;
    expect(await rig.heartbeats(2)).toEqual([]);
    rig.isBroken = false;
    await rig.time.advance(60_000);
    expect(await rig.heartbeats(2, 2)).toEqual([`2 ${NODES_1_2}`, "2 "]);
  });

  test("says nothing any more when it does not lead", async () => {
    const rig = new Rig();
    rig.link.announce([1, 2]);
    rig.link.announce([]);
    expect(await rig.heartbeats(2, 3)).toEqual(["2 ", "3 "]);
  });
});

describe("a service", () => {
  async function serve(metadata: Uint8Array): Promise<unknown[]> {
    const received: unknown[] = [];
    const service = new ClusterService({ logger: silentLogger, meter: silentMeter });
    service.register("ch1", [memberOf(2)], {
      receive: ({ from }, activeIds) => void received.push(from, activeIds),
      submit: () => undefined,
    });
    const payload = encodeRaftMessage({ type: "heartbeat", from: 2, to: 1, term: 1, commit: 0 });
    const value = { channel: "ch1", payload, metadata };
    async function* requests(): AsyncGenerator<StepRequest> {
      yield await Promise.resolve({ payload: { $case: "consensusRequest" as const, value } });
    }
    const { handler } = service.binding() as unknown as {
      readonly handler: RpcStreamHandler<StepRequest, never>;
    };
    const { signal } = new AbortController();
    const call = { peerCertificate: pem, peerAddress: "somewhere", signal };
    await handler(requests(), () => Promise.resolve(), call as unknown as RpcCall);
    return received;
  }

  test("hands on what a member says of the group, and nothing where it says nothing", async () => {
    expect(await serve(Buffer.from(NODES_1_2_3, "hex"))).toEqual([2, [1, 2, 3]]);
    expect(await serve(new Uint8Array(0))).toEqual([2, undefined]);
  });

  test("ends the stream of one whose words cannot be read", async () => {
    await expect(serve(Buffer.from("0aff", "hex"))).rejects.toMatchObject({
      code: "UNKNOWN",
      message: expect.stringContaining("failed to unmarshal ClusterMetadata") as string,
    });
  });
});
