/** Ports that nobody listens on, below those that systems give to connections. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { TestNetworkError } from "./errors.ts";
import { PORT_ATTEMPTS_MAX } from "./limits.ts";

const PORT_MIN = 10_000;
const PORT_MAX = 17_000;

/** `count` different ports, all free at one moment. Another program may take one until it is listened on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    for (let attempt = 0; attempt < PORT_ATTEMPTS_MAX && held.length < count; attempt += 1) {
      const port = randomInt(PORT_MIN, PORT_MAX);
      const server = await hold(port);
      if (server !== undefined) held.push({ port, server });
    }
  } finally {
    await Promise.all(held.map(({ server }) => release(server)));
  }
  if (held.length === count) return held.map(({ port }) => port);
  throw new TestNetworkError("timed out", `found only ${held.length} of ${count} free ports`);
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen({ host: "127.0.0.1", port }, () => {
      resolve(server);
    });
  });
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
