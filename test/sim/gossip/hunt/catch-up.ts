/** Some peers lack many blocks; some that have them answer nothing, or lies. */
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { ChannelWorld } from "../scale/channel-world.ts";
import { undelivered } from "../scale/invariants/g1-eventual-delivery.ts";
import { watchStanding } from "../scale/invariants/g5-liars-aside.ts";
import { copiesPerPeer } from "../scale/invariants/g6-bounded-load.ts";
import { watchRanges } from "../scale/invariants/g6-ranges-in-flight.ts";
import { watchOffers } from "../scale/invariants/g8-offered-in-order.ts";

const SIZE = 12;
const LEVEL_MS_MAX = 40_000;
/** With nobody in the way: what is missing is asked for at once, and comes as fast as it is verified and stored. */
const START_MS_MAX = 500;
const WORK_MS_MAX = 5;
const BLOCK_MS = WORK_MS_MAX + 1;
const RANGES_MAX = 5;
const COPIES_MAX = 1.5;

export function runCatchUp(seed: number): void {
  const random = new SeededRandom(seed).child("catch-up");
  const height = 20 + random.below(300);
  const traitorCount = random.below(4);
  const behindCount = 1 + random.below(4);
  const world = new ChannelWorld({
    seed,
    size: SIZE,
    heightOf: (index) => (index < behindCount ? 1 : height),
    betrayalOf: (index) => {
      if (index < SIZE - traitorCount) return undefined;
      return index % 2 === 0 ? "forges" : "withholds";
    },
    isPlain: random.below(2) === 0,
    workMsMax: WORK_MS_MAX,
  });
  world.links.lossRate = random.below(2) / 20;
  const watches = [watchOffers(world), watchStanding(world), watchRanges(world, RANGES_MAX)];
  const levelMs = world.runUntil(() => world.isLevel(height), LEVEL_MS_MAX);
  for (const [violation] of watches) if (violation !== undefined) throw new Error(violation);
  if (levelMs === undefined) throw new Error(`G1: ${undelivered(world, height)[0]}`);
  if (world.links.lossRate > 0 || traitorCount > 0) return;
  if (levelMs > START_MS_MAX + height * BLOCK_MS) throw new Error(`G1: level after ${levelMs} ms`);
  const copies = (copiesPerPeer(world, height - 1) * SIZE) / behindCount;
  if (copies > COPIES_MAX) throw new Error(`G6: ${copies} copies of each missing block arrive`);
}
