import { isGenuine } from "../channel-block.ts";
import type { ChannelObserver } from "../channel-peer.ts";
import type { ChannelWorld } from "../channel-world.ts";

/** G5 and G8: what is offered to a ledger is the orderers' block, and the very next one. Answers the violations, as they happen. */
export function watchOffers(world: ChannelWorld): readonly string[] {
  const violations: string[] = [];
  const before: ChannelObserver = world.observer;
  world.observer = {
    ...before,
    offered: (peer, number, bytes) => {
      before.offered?.(peer, number, bytes);
      const { index, height } = peer;
      if (number !== height) violations.push(`peer ${index} stores ${number} at height ${height}`);
      if (!isGenuine(number, bytes)) violations.push(`peer ${index} stores a forged ${number}`);
    },
  };
  return violations;
}
