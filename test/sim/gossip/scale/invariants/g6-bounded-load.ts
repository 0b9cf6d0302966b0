import type { ChannelWorld } from "../channel-world.ts";

/** G6: payload copies that arrived, on average over the peers, per block. */
export function copiesPerPeer(world: ChannelWorld, blockCount: number): number {
  const copies = world.peers.reduce((sum, peer) => sum + peer.copies, 0);
  return copies / world.peers.length / blockCount;
}
