/** Named courses of faults, and random ones from a seed. Pure: who leads is known only when a step is taken. */
import type { SeededRandom } from "../../kernel/seeded-random.ts";

/** Whom a step hits: by role at that moment, or by name. */
export type Target =
  | { readonly kind: "leader" }
  | { readonly kind: "follower" }
  | { readonly kind: "node"; readonly name: string };

export type Fault =
  | { readonly kind: "kill"; readonly target: Target }
  | { readonly kind: "pause"; readonly target: Target }
  | { readonly kind: "isolate"; readonly target: Target }
  /** What the target sends to the other orderers is lost; what they send arrives. */
  | { readonly kind: "mute"; readonly target: Target }
  /** No two orderers reach each other. */
  | { readonly kind: "scatter" }
  /** All orderers but one are split in two halves that only that one connects. */
  | { readonly kind: "bridge" }
  | { readonly kind: "slow-disk"; readonly target: Target; readonly delayMs: number };

/** A fault and how long it holds. Faults come one after the other. */
export interface Step {
  /** After the end of the step before. */
  readonly waitMs: number;
  readonly fault: Fault;
  readonly holdMs: number;
}

export interface NetworkNames {
  readonly orderers: readonly string[];
  readonly peers: readonly string[];
}

export const SCENARIOS = [
  "leader-kill",
  "rolling-restart",
  "minority-partition",
  "majority-partition",
  "one-way-partition",
  "bridge",
  "flapping",
  "slow-disk",
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

const LEADER: Target = { kind: "leader" };
const FOLLOWER: Target = { kind: "follower" };
const FLAPS = 5;
const SLOW_FLUSH_MS = 300;

/** Each takes half a minute or less, without the checks after it. */
export function scenario(name: ScenarioName, { orderers, peers }: NetworkNames): readonly Step[] {
  const once = (fault: Fault): readonly Step[] => [{ waitMs: 3_000, fault, holdMs: 8_000 }];
  switch (name) {
    case "leader-kill":
      return once({ kind: "kill", target: LEADER });
    case "rolling-restart":
      return [...orderers, ...peers].map((node) => ({
        waitMs: 2_000,
        fault: { kind: "kill", target: { kind: "node", name: node } },
        holdMs: 500,
      }));
    case "minority-partition":
      return [
        ...once({ kind: "isolate", target: FOLLOWER }),
        ...once({ kind: "isolate", target: LEADER }),
      ];
    case "majority-partition":
      return once({ kind: "scatter" });
    case "one-way-partition":
      return once({ kind: "mute", target: LEADER });
    case "bridge":
      return once({ kind: "bridge" });
    case "flapping":
      return Array.from({ length: FLAPS }, () => ({
        waitMs: 1_500,
        fault: { kind: "isolate", target: LEADER },
        holdMs: 1_500,
      }));
    case "slow-disk":
      return once({ kind: "slow-disk", target: LEADER, delayMs: SLOW_FLUSH_MS });
  }
}

/** Faults for about `durationMs`. The same seed gives the same course. */
export function randomSteps(
  random: SeededRandom,
  durationMs: number,
  { orderers, peers }: NetworkNames,
): readonly Step[] {
  const steps: Step[] = [];
  for (let atMs = 0; atMs < durationMs;) {
    const waitMs = 1_000 + random.below(3_000);
    const holdMs = 500 + random.below(7_500);
    steps.push({ waitMs, fault: randomFault(random, [...orderers, ...peers]), holdMs });
    atMs += waitMs + holdMs;
  }
  return steps;
}

function randomFault(random: SeededRandom, names: readonly string[]): Fault {
  const target: Target =
    random.below(3) === 0
      ? LEADER
      : { kind: "node", name: names[random.below(names.length)] ?? "" };
  const faults: readonly Fault[] = [
    { kind: "kill", target },
    { kind: "pause", target },
    { kind: "isolate", target },
    { kind: "mute", target: random.below(2) === 0 ? LEADER : FOLLOWER },
    { kind: "scatter" },
    { kind: "bridge" },
    { kind: "slow-disk", target, delayMs: 50 + random.below(500) },
  ];
  return faults[random.below(faults.length)] ?? { kind: "scatter" };
}
