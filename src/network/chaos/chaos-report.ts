/** What a run of chaos came to: figures, and a report to read. Pure. */
import type { Attempt, Violation } from "./history.ts";

/** A fault as it happened. Times from the start of the run. */
export interface FaultSpan {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface ChaosRun {
  readonly title: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly attempts: readonly Attempt[];
  readonly spans: readonly FaultSpan[];
  /** From the end of the last fault until every node had what the tallest had then. Undefined: it was not waited for, or never. */
  readonly levelMs: number | undefined;
  /** Whether all nodes came to the same height at the end. */
  readonly isLevel: boolean;
  readonly violations: readonly Violation[];
}

export interface Recovery {
  readonly fault: string;
  /** From the fault until the next transaction that began after it was acknowledged. */
  readonly afterFaultMs: number | undefined;
  /** The same from its end. */
  readonly afterHealMs: number | undefined;
}

const VIOLATIONS_SHOWN_MAX = 20;

export function recoveries({ attempts, spans }: ChaosRun): readonly Recovery[] {
  const nextAfter = (atMs: number): number | undefined => {
    const ends = attempts
      .filter(({ startMs, transactionId }) => transactionId !== undefined && startMs >= atMs)
      .map(({ endMs }) => endMs - atMs);
    return ends.length === 0 ? undefined : Math.round(ends.reduce((a, b) => Math.min(a, b)));
  };
  return spans.map(({ text, startMs, endMs }) => ({
    fault: text,
    afterFaultMs: nextAfter(startMs),
    afterHealMs: nextAfter(endMs),
  }));
}

export function isSound({ violations, isLevel, attempts }: ChaosRun): boolean {
  const acknowledged = attempts.some(({ transactionId }) => transactionId !== undefined);
  return violations.length === 0 && isLevel && acknowledged;
}

export function verdictOf(run: ChaosRun): string {
  if (isSound(run)) return "sound: nothing acknowledged was lost or doubled, all ledgers agree";
  if (run.violations.length > 0) return `VIOLATED: ${run.violations.length} violations`;
  if (!run.isLevel) return "NOT RECOVERED: the nodes did not become level again";
  return "NOTHING LEARNT: no transaction was acknowledged";
}

export function reportText(run: ChaosRun): string {
  const { attempts, violations } = run;
  const acknowledged = attempts.filter(({ transactionId }) => transactionId !== undefined);
  const latencies = acknowledged.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b);
  const seconds = (ms: number | undefined): string =>
    ms === undefined ? "never" : `${(ms / 1_000).toFixed(1)} s`;
  const rows = recoveries(run).map(
    ({ fault, afterFaultMs, afterHealMs }) =>
      `| ${fault} | ${seconds(afterFaultMs)} | ${seconds(afterHealMs)} |`,
  );
  const shown = violations.slice(0, VIOLATIONS_SHOWN_MAX);
  return [
    `# ${run.title}`,
    "",
    `**${verdictOf(run)}.**`,
    "",
    "![faults, throughput and latency](timeline.svg)",
    "",
    "| | |",
    "|---|---|",
    `| seed | ${run.seed} |`,
    `| duration | ${seconds(run.durationMs)} |`,
    `| transactions acknowledged | ${acknowledged.length} |`,
    `| not acknowledged, so promised nothing | ${attempts.length - acknowledged.length} |`,
    `| median time to commit | ${seconds(quantile(latencies, 0.5))} |`,
    `| 99 of 100 within | ${seconds(quantile(latencies, 0.99))} |`,
    `| the last fault over, every node had caught up after | ${seconds(run.levelMs)} |`,
    "",
    "| fault | next commit after it came | next commit after it went |",
    "|---|---|---|",
    ...rows,
    ...(shown.length === 0 ? [] : ["", "## Violations", ""]),
    ...shown.map(({ kind, detail }) => `- ${kind}: ${detail}`),
    "",
  ].join("\n");
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
