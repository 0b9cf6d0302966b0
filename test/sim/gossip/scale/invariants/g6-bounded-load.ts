import type { ChannelWorld } from "../channel-world.ts";

/** G6: payload copies that arrived, on average over the running peers, per block; `before`: what each had got earlier. */
export function copiesPerPeer(
  world: ChannelWorld,
  blockCount: number,
  before: readonly number[] = [],
): number {
  const running = world.peers.filter(({ isUp }) => isUp);
  const copies = running.reduce((sum, peer) => sum + peer.copies - (before[peer.index] ?? 0), 0);
  return copies / running.length / blockCount;
}
