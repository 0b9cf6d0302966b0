import type { ChannelObserver, ChannelPeer } from "../channel-peer.ts";
import type { ChannelWorld } from "../channel-world.ts";

/**
 * G5: whoever serves a block that no orderer made is left alone for `asideMs`, but for the answer to what it was asked before, and nobody
 * else is. Answers the violations, as they happen.
 */
export function watchStanding(world: ChannelWorld): readonly string[] {
  const violations: string[] = [];
  const caughtMs = new Map<string, number>();
  const before: ChannelObserver = world.observer;
  world.observer = {
    ...before,
    offended: (peer, liar) => {
      before.offended?.(peer, liar);
      const { nowMs, options } = world;
      const key = keyOf(peer, liar);
      const sinceMs = nowMs - (caughtMs.get(key) ?? Number.NEGATIVE_INFINITY);
      if (!makesBlocks(world.peers[liar]!)) {
        violations.push(`peer ${peer.index} calls ${liar} a liar, which told the truth`);
      } else if (sinceMs > options.transferTimeoutMs && sinceMs < options.asideMs) {
        violations.push(`peer ${peer.index} listened to the liar ${liar} again at ${nowMs} ms`);
      }
      if (!(sinceMs < options.asideMs)) caughtMs.set(key, nowMs);
    },
  };
  return violations;
}

function keyOf({ index, incarnation }: ChannelPeer, liar: number): string {
  return `${index} ${incarnation} ${liar}`;
}

function makesBlocks({ betrayal }: ChannelPeer): boolean {
  return betrayal === "forges" || betrayal === "floods";
}
