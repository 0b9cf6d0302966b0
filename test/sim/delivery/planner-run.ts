import { RangePlanner, type PlannedRange } from "../../../src/delivery/core/range-planner.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

const WINDOW_MAX = 64;
const STEPS_MAX = 5_000;

/** Sources of different heights bring ranges in any order, some of them in part: every block comes, and nobody is asked for more than it has. */
export function runPlanner(random: Random): void {
  const target = 20 + random.below(300);
  const heights = new Map<string, number>([["whole", target]]);
  for (const name of ["a", "b", "c"]) heights.set(name, 1 + random.below(target));
  const planner = new RangePlanner(0);
  for (const [name, height] of heights) planner.offer(name, height);
  const arrived = new Set<number>();
  const inFlight: PlannedRange[] = [];
  for (let step = 0; planner.next < target; step += 1) {
    if (step > STEPS_MAX) throw new Error(`block ${planner.next} of ${target} never comes`);
    // There is now more room and now less.
    for (const range of planner.plan(1 + random.below(WINDOW_MAX))) {
      if (range.last >= (heights.get(range.source) ?? 0)) {
        throw new Error(`${range.source} is asked for ${range.last}, which it does not have`);
      }
      inFlight.push(range);
    }
    bring(planner, inFlight, { arrived, random });
    while (arrived.has(planner.next)) planner.handedOver();
  }
}

function bring(
  planner: RangePlanner,
  inFlight: PlannedRange[],
  { arrived, random }: { readonly arrived: Set<number>; readonly random: Random },
): void {
  const [range] = inFlight.splice(random.below(Math.max(1, inFlight.length)), 1);
  if (range === undefined) return;
  const isCut = range.source !== "whole" && random.below(3) === 0;
  const end = isCut ? range.first + random.below(range.last - range.first + 1) : range.last + 1;
  for (let number = range.first; number < end; number += 1) {
    if (arrived.has(number)) throw new Error(`block ${number} is asked for twice`);
    arrived.add(number);
  }
  if (isCut) planner.failed(range, end);
  else planner.completed(range);
}
