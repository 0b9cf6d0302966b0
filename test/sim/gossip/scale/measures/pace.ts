import type { GossipOptions } from "../../../../../gossip/core/index.ts";

/** With thousands of peers the machine's time goes into ticks: fewer of them, at the price of coarser times. */
export function pace(size: number): Partial<GossipOptions> {
  return size > 1_000 ? { tickIntervalMs: 100 } : {};
}
