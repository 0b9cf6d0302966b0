import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { serveStream, type RpcMethod } from "../../../../src/kernel/ports/rpc.ts";
import { ProcessTime } from "../../../../src/sim/ports/process-time.ts";
import { simulatedDialer } from "../../../../src/sim/ports/simulated-dialer.ts";
import { SimulatedNetwork, type NetworkHost } from "../../../../src/sim/ports/simulated-network.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const END_MS = 1_000;
const bytes = {
  encode: (message: Uint8Array): Uint8Array => message,
  decode: (message: Uint8Array): Uint8Array => message,
};
const echo: RpcMethod<Uint8Array, Uint8Array> = {
  path: "/test.Echo/Echo",
  request: bytes,
  response: bytes,
  requestStream: true,
  responseStream: true,
};

function setting(): { time: SimulatedTime; client: NetworkHost; network: SimulatedNetwork } {
  const time = new SimulatedTime();
  const network = new SimulatedNetwork(time, new SeededRandom(1));
  const hostOf = (name: string, certificateEndsMs: number): NetworkHost => ({
    name,
    time: new ProcessTime(time),
    certificate: new Uint8Array(),
    certificateEndsMs,
  });
  const binding = serveStream(echo, async (requests, send) => {
    for await (const request of requests) await send(request);
  });
  const host = hostOf("server", END_MS);
  network.listen("server:1", { host, bindings: new Map([[echo.path, binding]]) });
  return { time, network, client: hostOf("client", Infinity) };
}

describe("a server whose TLS certificate has ended", () => {
  test("is left by who dials it, and goes on with who is connected", async () => {
    const { time, network, client } = setting();
    let leftCount = 0;
    network.onTurnedAway = () => (leftCount += 1);
    const channel = simulatedDialer(network, client).dial({ address: "server:1" });
    const before = channel.stream(echo);
    const heard: number[] = [];
    const listening = (async (): Promise<void> => {
      for await (const [first = 0] of before.responses) heard.push(first);
    })();
    await before.send(Uint8Array.of(1));
    await time.advance(END_MS + 1);
    await before.send(Uint8Array.of(2));
    await time.advance(100);
    expect(heard).toEqual([1, 2]);

    // Over the connection that is open there is room for another call.
    const beside = channel.stream(echo);
    await time.advance(100);
    beside.cancel();
    before.end();
    await time.advance(100);
    await listening;
    expect(leftCount).toBe(0);

    const after = channel.stream(echo);
    const refusal = (async (): Promise<unknown> => {
      for await (const response of after.responses) return response;
      return "nothing";
    })().catch((error: unknown) => error);
    await time.advance(100);
    expect(await refusal).toMatchObject({ message: "server:1: certificate has expired" });
    expect(leftCount).toBe(1);
  });
});
