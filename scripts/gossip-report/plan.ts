/** Which sizes are measured with how many seeds: many where they are cheap. */
import type { Task } from "./tasks.ts";

export interface ReportOptions {
  readonly sizes: readonly number[];
  /** 1: the whole; less: so much of the seeds, at least one everywhere. */
  readonly effort: number;
}

/** Larger networks are not put through what changes most of their membership; those of a tenth, not through it time and again. */
export const TURMOIL_SIZE_MAX = 500;

export const LOSSY = 0.05;
export const CALM_SEEDS = 1_000;
export const CALM_LOSS_RATES: readonly number[] = [0, LOSSY];
const CALM_SIZES = [5, 15, 30] as const;
const CALM_SECONDS = 30;
const STALL_SIZE = 40;
const STALL_MINUTES = 150;
const STALL_SEEDS = 10;
/** A long time to be simulated: half of the looks at the clock will do. */
const STALL_TICK_MS = 100;

const SEEDS: Readonly<
  Record<
    "spread" | "detection" | "heal" | "split" | "levelling" | "turmoil",
    readonly (readonly [sizeMax: number, seeds: number])[]
  >
> = {
  spread: [
    [5, 400],
    [50, 80],
    [500, 8],
    [Infinity, 1],
  ],
  detection: [
    [5, 400],
    [50, 100],
    [500, 6],
    [Infinity, 1],
  ],
  heal: [
    [5, 200],
    [50, 40],
    [500, 3],
    [Infinity, 1],
  ],
  split: [
    [5, 40],
    [50, 8],
    [Infinity, 1],
  ],
  levelling: [
    [5, 40],
    [50, 10],
    [500, 2],
    [Infinity, 1],
  ],
  turmoil: [
    [5, 40],
    [50, 10],
    [Infinity, 1],
  ],
};

/** The dearest first, so that none is left for the end alone. */
export function planTasks({ sizes, effort }: ReportOptions): readonly Task[] {
  const largestFirst = [...sizes].sort((a, b) => b - a);
  return [
    ...largestFirst.slice(0, 1).map((size) => ({ kind: "cost", size }) as const),
    ...largestFirst.flatMap((size) => tasksOf(size, effort)),
    ...stallTasks(effort),
    ...calmTasks(effort),
  ];
}

function tasksOf(size: number, effort: number): readonly Task[] {
  const seeds = (kind: keyof typeof SEEDS): readonly number[] => {
    const [, count] = SEEDS[kind].find(([sizeMax]) => size <= sizeMax) ?? [0, 1];
    return seedsUpTo(Math.ceil(count * effort));
  };
  const spread = { kind: "spread", size, seeds: seeds("spread") } as const;
  const detection = { kind: "detection", size, seeds: seeds("detection") } as const;
  return [
    { kind: "heal", size, seeds: seeds("heal") },
    { kind: "levelling", size, seeds: seeds("levelling") },
    { ...spread, lossRate: 0, deadShare: 0, isLoadWanted: true },
    { ...spread, lossRate: LOSSY, deadShare: 0, isLoadWanted: false },
    { ...spread, lossRate: 0.2, deadShare: 0.1, isLoadWanted: false },
    ...(size > TURMOIL_SIZE_MAX
      ? []
      : [{ ...spread, lossRate: 0.3, deadShare: 0, isLoadWanted: false } as const]),
    { ...detection, lossRate: 0, isFast: false },
    { ...detection, lossRate: LOSSY, isFast: false },
    { ...detection, lossRate: LOSSY, isFast: true },
    ...(size > TURMOIL_SIZE_MAX ? [] : turmoilTasks(size, seeds("split"), seeds("turmoil"))),
  ];
}

function turmoilTasks(
  size: number,
  splitSeeds: readonly number[],
  seeds: readonly number[],
): readonly Task[] {
  const changes = [
    { name: "join", share: 0.5 },
    { name: "leave", share: 0.1 },
    { name: "leave", share: 0.5 },
  ] as const;
  const churns = [0.01, 0.05, 0.1].map((share) => ({ name: "churn", share }) as const);
  const isLarge = size > TURMOIL_SIZE_MAX / 10;
  return [
    ...(isLarge ? [] : [{ kind: "split", size, seeds: splitSeeds } as const]),
    ...[...changes, ...(isLarge ? [] : churns)].map(
      (turmoil) => ({ kind: "turmoil", size, seeds, turmoil }) as const,
    ),
  ];
}

function stallTasks(effort: number): readonly Task[] {
  return seedsUpTo(Math.ceil(STALL_SEEDS * effort)).map((seed) => ({
    kind: "stall",
    seed,
    size: STALL_SIZE,
    minutes: STALL_MINUTES,
    tickIntervalMs: STALL_TICK_MS,
  }));
}

function calmTasks(effort: number): readonly Task[] {
  return CALM_LOSS_RATES.flatMap((lossRate) =>
    CALM_SIZES.map((size, index) => {
      const share = Math.ceil((CALM_SEEDS * effort) / CALM_SIZES.length);
      const seeds = seedsUpTo(share).map((seed) => seed + index * share);
      return { kind: "calm", size, seeds, lossRate, seconds: CALM_SECONDS } as const;
    }),
  );
}

function seedsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
