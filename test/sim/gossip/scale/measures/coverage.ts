/** How many have something after so long: the sum over several runs, at regular times. */

export interface Coverage {
  readonly stepMs: number;
  /** At 0, `stepMs`, …: of all, 0–1, added up over the runs. */
  readonly sums: readonly number[];
  readonly runCount: number;
}

/** Of one run: when each of them got it, in any order; who never did, never counts. */
export function coverageOf(
  timesMs: readonly number[],
  stepMs: number,
  stepCount: number,
): Coverage {
  const sorted = [...timesMs].sort((a, b) => a - b);
  let reached = 0;
  const sums = Array.from({ length: stepCount }, (_, step) => {
    while (reached < sorted.length && (sorted[reached] as number) <= step * stepMs) reached += 1;
    return reached / sorted.length;
  });
  return { stepMs, sums, runCount: 1 };
}

export function addCoverage(a: Coverage | undefined, b: Coverage): Coverage {
  if (a === undefined) return b;
  return {
    stepMs: a.stepMs,
    sums: a.sums.map((sum, step) => sum + (b.sums[step] ?? 0)),
    runCount: a.runCount + b.runCount,
  };
}
