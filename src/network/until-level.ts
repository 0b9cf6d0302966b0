/** Waits for a peer whose ledger is behind those of the others. */
import { setTimeout as delay } from "node:timers/promises";
import type { Level } from "./client/level.ts";
import type { DevelopmentNetwork } from "./development-network.ts";
import { NetworkError } from "./errors.ts";
import { readNodeFigures } from "./node-figures.ts";
import type { PeerSite } from "./topology.ts";

const POLL_INTERVAL_MS = 100;
/** A peer whose ledger has not grown for so long has a fault. */
const STANDSTILL_MS = 60_000;

/**
 * Resolves when the peer has all the blocks that others of the network have; `onLevel` is told how far it is meanwhile. Rejects with
 * `NetworkError` ("node failed") when it gets no further.
 */
export async function untilLevel(
  network: DevelopmentNetwork,
  site: PeerSite,
  channelId: string,
  onLevel: (level: Level) => void,
): Promise<Level> {
  let best = -1;
  let grownMs = performance.now();
  for (;;) {
    const level = await levelOf(network, site, channelId);
    if (level.height > best) grownMs = performance.now();
    best = Math.max(best, level.height);
    onLevel(level);
    if (level.height >= level.target) return level;
    if (performance.now() - grownMs > STANDSTILL_MS) {
      throw new NetworkError(
        "node failed",
        `${site.name} stands still at block ${level.height} of ${level.target} of ${channelId}; see ${network.layout.node(site.name).log}`,
      );
    }
    await delay(POLL_INTERVAL_MS);
  }
}

async function levelOf(
  network: DevelopmentNetwork,
  site: PeerSite,
  channelId: string,
): Promise<Level> {
  const nodes = await network.status();
  const heights = await Promise.all(
    nodes
      .filter(({ pid }) => pid !== undefined)
      .map(async (node) => ({
        name: node.name,
        height: (await readNodeFigures(node, channelId))?.height ?? 0,
      })),
  );
  const height = heights.find(({ name }) => name === site.name)?.height ?? 0;
  return { channelId, height, target: Math.max(1, ...heights.map((node) => node.height)) };
}
