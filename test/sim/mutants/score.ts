import type { Outcome } from "./campaign.ts";

/** How good the checkers are. */
export interface Score {
  readonly planted: number;
  readonly caught: number;
  readonly byScript: number;
  /** Of those that seeds caught; 0 when there are none. */
  readonly medianSeed: number;
  readonly worstSeed: number;
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  const catches = outcomes.flatMap(({ caught }) => (caught === undefined ? [] : [caught]));
  const seeds = catches.flatMap(({ seed }) => (seed === undefined ? [] : [seed]));
  seeds.sort((a, b) => a - b);
  return {
    planted: outcomes.length,
    caught: catches.length,
    byScript: catches.length - seeds.length,
    medianSeed: seeds[Math.floor(seeds.length / 2)] ?? 0,
    worstSeed: seeds.at(-1) ?? 0,
  };
}

/** The longest text of a violation in the table. */
const VIOLATION_LENGTH_MAX = 100;

/** A table in Markdown, and the score under it. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ mutant: { name, hunt }, caught }) => {
    const cells = [name, hunt, caught?.by ?? "**not caught**", shortened(caught?.violation ?? "")];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| bug | hunt | found by | what was violated |", "|---|---|---|---|", ...rows].join("\n");
}

export function scoreLine({ planted, caught, byScript, medianSeed, worstSeed }: Score): string {
  const seeds = `${caught - byScript} by seeds (median ${medianSeed}, worst ${worstSeed})`;
  return `${planted} planted, ${caught} caught: ${byScript} by scripts, ${seeds}.`;
}

function shortened(text: string): string {
  const [line = ""] = text.split("\n");
  const whole = line.replace(/[|<>]/gu, " ").trim();
  if (whole.length <= VIOLATION_LENGTH_MAX) return whole;
  return `${whole.slice(0, VIOLATION_LENGTH_MAX - 1)}…`;
}
