import { beforeAll, describe, expect, test } from "vitest";
import {
  ClusterLink,
  ClusterService,
  encodeRaftMessage,
  type ClusterMember,
} from "../../../../cluster/replica/index.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import {
  RpcError,
  type RpcCall,
  type RpcChannel,
  type RpcDialer,
  type RpcStreamHandler,
} from "../../../../src/kernel/ports/rpc.ts";
import type { StepRequest } from "../../../../src/wire/index.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { sampleChannel } from "../../../support/sample-channel.ts";

let pems: readonly Uint8Array[];

beforeAll(async () => {
  const { tls } = (await sampleChannel()).ordererOrg;
  const issued = await Promise.all(
    [1, 2, 3, 4].map((number) => tls.issueTls({ commonName: `o${number}`, alternativeNames: [] })),
  );
  pems = issued.map(({ certificatePem }) => certificatePem);
});

function member(raftId: number, place: number, port = 7050): ClusterMember {
  const pem = pems[place]!;
  return {
    raftId,
    address: `o${place}:${port}`,
    clientTlsCertPem: pem,
    serverTlsCertPem: pem,
    tlsRootsPem: [],
  };
}

describe("a link that is configured anew", () => {
  test("keeps the members that stay, leaves those that go and connects to those that come", () => {
    const log: string[] = [];
    const dialer = {
      localCertificate: undefined,
      dial: ({ address }: { readonly address: string }): RpcChannel => {
        log.push(`dial ${address}`);
        return {
          address,
          unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", "streams only")),
          stream: () => {
            throw new RpcError("UNAVAILABLE", "nobody is there");
          },
          close: () => log.push(`close ${address}`),
        };
      },
    } as unknown as RpcDialer;
    const time = new SimulatedTime();
    const link = new ClusterLink(
      {
        clock: time,
        timers: time,
        random: new SeededRandom(1),
        logger: silentLogger,
        meter: silentMeter,
        dialer,
      },
      { channelId: "ch1", raftId: 1, members: [member(1, 0), member(2, 1), member(3, 2)] },
    );
    expect(log.splice(0)).toEqual(["dial o1:7050", "dial o2:7050"]);
    link.reconfigure([member(1, 0), member(2, 1), member(3, 2)]);
    expect(log).toEqual([]);
    link.reconfigure([member(1, 0), member(2, 1), member(4, 3)]);
    expect(log.splice(0)).toEqual(["close o2:7050", "dial o3:7050"]);
    // Another certificate, and another address, for the same member.
    link.reconfigure([member(1, 0), member(2, 2), member(4, 3, 7051)]);
    expect(log.splice(0)).toEqual([
      "close o1:7050",
      "close o3:7050",
      "dial o2:7050",
      "dial o3:7051",
    ]);
    link.close();
    expect(log.splice(0)).toEqual(["close o2:7050", "close o3:7051"]);
  });
});

describe("a service that is configured anew", () => {
  async function refusal(service: ClusterService, place: number, from: number): Promise<string> {
    const payload = encodeRaftMessage({ type: "heartbeat", from, to: 1, term: 1, commit: 0 });
    const value = { channel: "ch1", payload, metadata: new Uint8Array(0) };
    const request: StepRequest = { payload: { $case: "consensusRequest", value } };
    const { signal } = new AbortController();
    const call = { peerCertificate: pems[place], peerAddress: "somewhere", signal };
    try {
      await serve(service, request, call as unknown as RpcCall);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function serve(
    service: ClusterService,
    request: StepRequest,
    call: RpcCall,
  ): Promise<void> {
    async function* requests(): AsyncGenerator<StepRequest> {
      yield await Promise.resolve(request);
    }
    const { handler } = service.binding() as unknown as {
      readonly handler: RpcStreamHandler<StepRequest, never>;
    };
    await handler(requests(), () => Promise.resolve(), call);
  }

  test("takes what those send that are members now, and nothing of those that were", async () => {
    const heard: number[] = [];
    const service = new ClusterService({ logger: silentLogger, meter: silentMeter });
    const receiver = {
      receive: ({ from }: { readonly from: number }): void => void heard.push(from),
      submit: () => undefined,
    };
    service.register("ch1", [member(2, 1), member(3, 2)], receiver);
    expect(await refusal(service, 3, 4)).toContain("isn't authorized");
    expect(await refusal(service, 1, 2)).toBe("");
    service.reconfigure("ch1", [member(2, 3), member(4, 2)]);
    expect(await refusal(service, 1, 2)).toContain("isn't authorized");
    expect(await refusal(service, 3, 2)).toBe("");
    // The same certificate speaks for another member now, and for nobody else.
    expect([await refusal(service, 2, 3), await refusal(service, 2, 4)]).toEqual(["", ""]);
    expect(heard).toEqual([2, 2, 4]);
    service.reconfigure("elsewhere", [member(2, 1)]);
    expect(await refusal(service, 1, 2)).toContain("isn't authorized");
  });
});
