import type { ChannelWorld } from "../channel-world.ts";

/** G1: every running member has every block that was ordered. Answers what is missing where. */
export function undelivered(world: ChannelWorld, height: number): readonly string[] {
  return world.peers
    .filter((peer) => peer.isUp && peer.height < height)
    .map((peer) => `peer ${peer.index} is at ${peer.height} of ${height}`);
}
