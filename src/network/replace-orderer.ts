/** Gives an orderer of a development network a new TLS key and certificate. */
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../kernel/adapters/system-clock.ts";
import { systemRandom } from "../kernel/adapters/system-random.ts";
import { writeNodeTls } from "../msp/adapters/index.ts";
import {
  renewInChannel,
  untilLevel,
  type MemberLevel,
  type OrdererSteps,
} from "./client/consenters.ts";
import { orderedChannels, untilLeader, viewOrderers } from "./client/orderer-cluster.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { startNode, stopNode } from "./processes.ts";
import type { OrdererSite } from "./topology.ts";

export interface ReplaceOrdererReport {
  readonly name: string;
  readonly channels: readonly MemberLevel[];
}

/**
 * The channels learn of the certificate first, for a node with a certificate that no channel names takes no part. What was
 * issued is kept beside the old one until it is in use, so that the same call goes on where it was interrupted.
 */
export async function replaceOrderer(
  network: DevelopmentNetwork,
  site: OrdererSite,
  steps: OrdererSteps,
): Promise<ReplaceOrdererReport> {
  const channelIds = orderedChannels(await viewOrderers(network));
  for (const channelId of channelIds) await untilLeader(network, channelId);
  const issued = await issue(network, site, steps);
  const renewed: string[] = [];
  for (const channelId of channelIds) {
    const isNamed = await renewInChannel(network, site, { channelId, tlsCertPem: issued }, steps);
    if (isNamed) renewed.push(channelId);
  }
  steps.step(`starting ${site.name} with its new certificate`);
  const node = network.processOf({ name: site.name, role: "orderer" });
  await stopNode(node);
  await install(network, site);
  (await startNode(node)).unref();
  const channels: MemberLevel[] = [];
  for (const channelId of renewed) {
    const isVoter = (raftId: number, voters: readonly number[]): boolean => voters.includes(raftId);
    channels.push(await untilLevel(network, site, channelId, steps, isVoter));
  }
  return { name: site.name, channels };
}

function nextFolder({ layout }: DevelopmentNetwork, site: OrdererSite): string {
  return join(layout.orderer(site), "next");
}

/** The certificate that was issued, now or by an interrupted call. */
async function issue(
  network: DevelopmentNetwork,
  site: OrdererSite,
  steps: OrdererSteps,
): Promise<Uint8Array> {
  const next = nextFolder(network, site);
  const path = join(next, "tls", "server.crt");
  const present = await readFile(path).catch(() => undefined);
  if (present !== undefined) return present;
  await rm(next, { recursive: true, force: true });
  steps.step(`issuing a TLS certificate to ${site.name}`);
  const { name: hostname, domain } = site;
  const { directory } = network.layout;
  const ports = { clock: systemClock, random: systemRandom };
  await writeNodeTls({ ...ports, directory, kind: "orderer", domain, hostname }, next);
  return readFile(path);
}

// File by file, the certificate last: as long as that is in `next`, the same call completes it.
async function install(network: DevelopmentNetwork, site: OrdererSite): Promise<void> {
  const current = join(network.layout.orderer(site), "tls");
  const next = nextFolder(network, site);
  for (const file of ["server.key", "server.crt"]) {
    await rename(join(next, "tls", file), join(current, file)).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
  }
  await rm(next, { recursive: true, force: true });
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
