import type { Spread } from "../../test/sim/gossip/scale/measures/spread.ts";
import { LOSSY } from "./plan.ts";
import { quantile, type Results } from "./results.ts";
import { table, type Sheet } from "./sheet.ts";
import { targetsFor, type Targets } from "./targets.ts";

export const ROUND_MS = 200;

export interface Condition {
  readonly name: string;
  readonly lossRate: number;
  readonly deadShare: number;
  /** Which target the time to reach all has. */
  readonly target: "allRounds" | "allRoughRounds" | undefined;
}

export const CONDITIONS: readonly Condition[] = [
  { name: "0 %", lossRate: 0, deadShare: 0, target: "allRounds" },
  { name: "5 %", lossRate: LOSSY, deadShare: 0, target: "allRounds" },
  { name: "20 %, 10 % dead", lossRate: 0.2, deadShare: 0.1, target: "allRoughRounds" },
  { name: "30 %", lossRate: 0.3, deadShare: 0, target: undefined },
];

export function spreadOf(results: Results, size: number, condition: Condition): Spread | undefined {
  const [found] = results.all(
    "spread",
    (task) =>
      task.size === size &&
      task.lossRate === condition.lossRate &&
      task.deadShare === condition.deadShare,
  );
  return found;
}

/** Infect and die with fan-out 3 reaches x = 1 − e^(−3x) of all. */
export function pushFixedPoint(): number {
  let share = 0.5;
  for (let step = 0; step < 100; step += 1) share = 1 - Math.exp(-3 * share);
  return share;
}

/** Rounds of a push with fan-out 3 that goes on: log4 n + ln n / 3 (Pittel 1987, for k contacts a round). */
export function pushTheory(size: number): number {
  return Math.log(size) / Math.log(4) + Math.log(size) / 3;
}

export function blockTable(results: Results, sheet: Sheet, sizes: readonly number[]): string {
  const rows = sizes.flatMap((size) =>
    CONDITIONS.flatMap((condition) => {
      const spread = spreadOf(results, size, condition);
      return spread === undefined ? [] : [blockRow(sheet, size, condition, spread)];
    }),
  );
  return table(
    [
      "peers",
      "loss",
      "blocks",
      "50 %",
      "99 %",
      "99.9 %",
      "all, p50",
      "all, p99",
      "push theory",
      "copies a peer",
    ],
    rows,
  );
}

function blockRow(
  sheet: Sheet,
  size: number,
  { name, target }: Condition,
  spread: Spread,
): readonly string[] {
  const targets = targetsFor(size);
  const what = `${size} peers, ${name} loss`;
  const p99 = (times: readonly number[]): number => quantile(times, 0.99) / ROUND_MS;
  return [
    String(size),
    name,
    String(spread.allMs.length),
    p99(spread.halfMs).toFixed(1),
    p99(spread.mostMs).toFixed(1),
    sheet.cell(
      `${what}, rounds to 99.9 %`,
      p99(spread.nearlyAllMs),
      nearlyAllTarget(targets, target),
      1,
    ),
    (quantile(spread.allMs, 0.5) / ROUND_MS).toFixed(1),
    sheet.cell(
      `${what}, rounds to all`,
      p99(spread.allMs),
      target === undefined ? undefined : targets?.[target],
      1,
    ),
    pushTheory(size).toFixed(1),
    sheet.cell(`${what}, copies a peer`, Math.max(...spread.copies), targets?.copies, 2),
  ];
}

function nearlyAllTarget(
  targets: Targets | undefined,
  target: Condition["target"],
): number | undefined {
  return target === "allRounds" ? targets?.nearlyAllRounds : undefined;
}
