/** Faults that a seed chooses. Pure. */
import { SERVING_STEPS, type Failpoint } from "../../faults/index.ts";
import type { SeededRandom } from "../../kernel/seeded-random.ts";
import { ORDERER_COUNT_MIN, SHAPES } from "./shapes.ts";
import type { SiteAbilities } from "./abilities.ts";
import {
  isPossible,
  LEADER,
  node,
  type Fault,
  type NetworkNames,
  type Step,
  type Target,
} from "./steps.ts";

const POWER_SEEDS = 2 ** 32;

/** Faults for about `durationMs`. The same seed gives the same course. */
export function randomSteps(
  random: SeededRandom,
  names: NetworkNames,
  { durationMs, abilities }: { readonly durationMs: number; readonly abilities: SiteAbilities },
): readonly Step[] {
  const steps: Step[] = [];
  for (let atMs = 0; atMs < durationMs;) {
    const waitMs = 1_000 + random.below(3_000);
    const holdMs = 500 + random.below(7_500);
    const faults = possibleFaults(random, names).filter((fault) => isPossible(fault, abilities));
    steps.push({ waitMs, fault: pick(random, faults), holdMs });
    atMs += waitMs + holdMs;
  }
  return steps;
}

function possibleFaults(
  random: SeededRandom,
  { orderers, peers }: NetworkNames,
): readonly [Fault, ...Fault[]] {
  const any = node(pick(random, [...orderers, ...peers]));
  const target: Target = random.below(3) === 0 ? LEADER : any;
  const orderer: Target = random.below(2) === 0 ? LEADER : node(pick(random, orderers));
  const shapes = SHAPES.filter((shape) => orderers.length >= ORDERER_COUNT_MIN[shape]);
  const offsetMs = (random.below(2) === 0 ? -1 : 1) * random.below(3_600_000);
  const loss = (1 + random.below(5)) / 100;
  return [
    { kind: "isolate", target },
    { kind: "kill", target },
    { kind: "pause", target },
    { kind: "mute", target: orderer },
    { kind: "reset", target: orderer },
    { kind: "degrade", target, loss, delayMs: 0 },
    { kind: "degrade", target, loss: 0, delayMs: 10 + random.below(200) },
    { kind: "jumble", target, share: loss * 5 },
    { kind: "slow-disk", target, delayMs: 50 + random.below(500) },
    { kind: "disk-full", target: orderer },
    { kind: "fail-disk", target: orderer },
    { kind: "clock", target, offsetMs },
    { kind: "outage", role: random.below(2) === 0 ? "orderers" : "peers" },
    { kind: "power-loss", target, seed: random.below(POWER_SEEDS) },
    { kind: "crash-at", ...failpointOf(random, { orderer, peers }) },
    {
      kind: "blackout",
      role: random.below(2) === 0 ? "orderers" : "peers",
      seed: random.below(POWER_SEEDS),
    },
    ...(peers.length < 2
      ? []
      : [{ kind: "peers-split" } as const, { kind: "peers-cut-off" } as const]),
    ...shapes.map((shape) => ({ kind: "shape", shape }) as const),
  ];
}

/** At a step that the node takes with the next block. */
function failpointOf(
  random: SeededRandom,
  { orderer, peers }: { readonly orderer: Target; readonly peers: readonly string[] },
): { readonly target: Target; readonly failpoint: Failpoint } {
  const isPeer = random.below(2) === 0;
  const failpoint: Failpoint = {
    step: pick(random, SERVING_STEPS[isPeer ? "peer" : "orderer"]),
    moment: random.below(2) === 0 ? "before" : "after",
    ...(random.below(2) === 0 ? {} : { powerLoss: { seed: random.below(POWER_SEEDS) } }),
  };
  return { target: isPeer ? node(pick(random, peers)) : orderer, failpoint };
}

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  const found = from[random.below(from.length)];
  if (found === undefined) throw new RangeError("nothing to choose from");
  return found;
}
