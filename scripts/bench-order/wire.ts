/** The wire alone: the same streams against a process that only answers. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runLoad, signEnvelopes, type LoadTarget } from "./load.ts";
import { loadOf } from "./options.ts";
import { processSeconds } from "./processes.ts";
import { latencyOf, type LatencyFigures } from "./latency.ts";

const PROGRAM = fileURLToPath(new URL("answering-server.js", import.meta.url));

export interface WireFigures extends LatencyFigures {
  readonly bytes: number;
  readonly load: string;
  readonly perSecond: number;
  readonly cpuMsPerEnvelope: number;
}

export interface WireOptions {
  readonly bytes: number;
  readonly loads: readonly string[];
  readonly envelopes: number;
  readonly secondsMax: number;
}

/** What one process does that takes the port and the certificate of the first orderer of `network`, which does not run. */
export async function measureWire(
  network: LoadTarget["network"],
  { bytes, loads, envelopes: count, secondsMax }: WireOptions,
): Promise<readonly WireFigures[]> {
  const target = { network, sites: network.topology.orderers.slice(0, 1) };
  const server = await startServer(target);
  try {
    const envelopes = await signEnvelopes(network, count, bytes);
    await runLoad(target, envelopes, { streams: 16, inFlight: 32, secondsMax });
    const figures: WireFigures[] = [];
    for (const load of loads) {
      const before = await processSeconds(server.pid ?? 0);
      const { acknowledged, seconds, latenciesMs } = await runLoad(target, envelopes, {
        ...loadOf(load),
        secondsMax,
      });
      const cpuSeconds = (await processSeconds(server.pid ?? 0)) - before;
      figures.push({
        bytes,
        load,
        perSecond: Math.round(acknowledged / seconds),
        ...latencyOf(latenciesMs),
        cpuMsPerEnvelope: Math.round((cpuSeconds * 1e6) / acknowledged) / 1e3,
      });
    }
    return figures;
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }
}

async function startServer({ network, sites }: LoadTarget): Promise<ChildProcess> {
  const [site] = sites;
  if (site === undefined) throw new Error("the network has no orderer");
  const tls = join(network.layout.orderer(site), "tls");
  const server = fork(PROGRAM, [
    String(site.port),
    join(tls, "server.crt"),
    join(tls, "server.key"),
  ]);
  await once(server, "message");
  return server;
}
