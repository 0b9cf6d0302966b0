import type { Seed } from "../core/index.ts";
import type { ChannelNetwork, GossipServiceOptions } from "./options.ts";

/** Where to begin: the bootstrap peers of the own organisation and the anchor peers of every channel, without this peer. */
export function seedsOf(
  { bootstrap, endpoints }: GossipServiceOptions,
  ownMspId: string,
  networks: readonly ChannelNetwork[],
): readonly Seed[] {
  const anchors = networks.flatMap(({ anchorPeers }) =>
    anchorPeers.map(({ mspId, host, port }) => ({ endpoint: `${host}:${port}`, mspId })),
  );
  return [...bootstrap.map((endpoint) => ({ endpoint, mspId: ownMspId })), ...anchors].filter(
    ({ endpoint }) => endpoint !== endpoints.internal && endpoint !== endpoints.external,
  );
}
