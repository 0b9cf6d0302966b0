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
  /** It was ended before its course was over: how soon nodes catch up was not looked at. */
  readonly isEndedEarly?: boolean;
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

/** A machine that fell silent is given up within 30 seconds; then what was missed is transferred. */
export const LEVEL_MS_MAX = 60_000;
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

export function isSound(run: ChaosRun): boolean {
  const { violations, isLevel, attempts } = run;
  const acknowledged = attempts.some(({ transactionId }) => transactionId !== undefined);
  return violations.length === 0 && isLevel && !isLate(run) && acknowledged;
}

// Whether nodes took too long to catch up while the load went on.
function isLate({ levelMs, isEndedEarly = false }: ChaosRun): boolean {
  return !isEndedEarly && (levelMs === undefined || levelMs > LEVEL_MS_MAX);
}

export function verdictOf(run: ChaosRun): string {
  if (isSound(run)) return "sound: nothing acknowledged was lost or doubled, all ledgers agree";
  if (run.violations.length > 0) return `VIOLATED: ${run.violations.length} violations`;
  if (!run.isLevel) return "NOT RECOVERED: the nodes did not become level again";
  if (isLate(run)) {
    const within = `which must be within ${secondsOf(LEVEL_MS_MAX)}`;
    return `RECOVERED LATE: every node had caught up after ${secondsOf(run.levelMs)}, ${within}`;
  }
  return "NOTHING LEARNT: no transaction was acknowledged";
}

export function reportText(run: ChaosRun): string {
  const { attempts, violations } = run;
  const acknowledged = attempts.filter(({ transactionId }) => transactionId !== undefined);
  const latencies = acknowledged.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b);
  const seconds = secondsOf;
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
    `| the last fault over, every node had caught up after | ${levelText(run)} |`,
    "",
    "| fault | next commit after it came | next commit after it went |",
    "|---|---|---|",
    ...rows,
    ...(shown.length === 0 ? [] : ["", "## Violations", ""]),
    ...shown.map(({ kind, detail }) => `- ${kind}: ${detail}`),
    "",
  ].join("\n");
}

function levelText({ levelMs, isEndedEarly = false }: ChaosRun): string {
  if (isEndedEarly) return "not looked at: ended early";
  return `${secondsOf(levelMs)} (at most ${secondsOf(LEVEL_MS_MAX)})`;
}

function secondsOf(ms: number | undefined): string {
  return ms === undefined ? "never" : `${(ms / 1_000).toFixed(1)} s`;
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
