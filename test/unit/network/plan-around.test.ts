import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { planAround } from "../../../src/network/processes.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

async function heldPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("a plan is made again until nobody else holds its ports, and given up when there are none left", async () => {
  const held = [await heldPort(), await heldPort()];
  const asked: number[][] = [];
  const plan = (occupied: ReadonlySet<number>): number | undefined => {
    asked.push([...occupied]);
    return held.find((port) => !occupied.has(port));
  };
  expect(await planAround(plan, (port) => [port])).toBeUndefined();
  expect(asked).toEqual([[], [held[0]], held]);
  expect(
    await planAround(
      () => "as it is",
      () => [],
    ),
  ).toBe("as it is");
});
