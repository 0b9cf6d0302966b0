/** What a run of chaos came to: figures, a report to read, a timeline to look at. Pure. */
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

const WIDTH = 960;
const LEFT = 60;
const PLOT = 140;
const BUCKETS = 120;
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

interface Bucket {
  perSecond: number;
  slowestMs: number;
}

/** Bars: commits a second. Line: the slowest commit. Grey: faults. */
export function timelineSvg(run: ChaosRun): string {
  const durationMs = Math.max(1, run.durationMs);
  const x = (ms: number): number => LEFT + (Math.min(ms, durationMs) / durationMs) * (WIDTH - LEFT);
  const buckets = bucketsOf(run.attempts, durationMs);
  const perSecondMax = Math.max(1, ...buckets.map(({ perSecond }) => perSecond));
  const slowestMax = Math.max(1, ...buckets.map(({ slowestMs }) => slowestMs));
  const step = (WIDTH - LEFT) / BUCKETS;
  const spans = run.spans.map(
    ({ text, startMs, endMs }, index) =>
      `<rect x="${x(startMs).toFixed(1)}" y="10" width="${Math.max(1, x(endMs) - x(startMs)).toFixed(1)}" height="${2 * PLOT + 40}" fill="#bbb" fill-opacity="0.4"/><text x="${x(startMs).toFixed(1)}" y="${2 * PLOT + 66 + (index % 4) * 14}">${escaped(text)}</text>`,
  );
  const bars = buckets.map(({ perSecond }, index) => {
    const height = (perSecond / perSecondMax) * PLOT;
    return `<rect x="${(LEFT + index * step).toFixed(1)}" y="${(20 + PLOT - height).toFixed(1)}" width="${(step - 0.5).toFixed(1)}" height="${height.toFixed(1)}" fill="#2a7"/>`;
  });
  const points = buckets.map(({ slowestMs }, index) => {
    const y = 2 * PLOT + 40 - (slowestMs / slowestMax) * PLOT;
    return `${(LEFT + (index + 0.5) * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${2 * PLOT + 130}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(run.title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    ...spans,
    ...bars,
    `<polyline points="${points.join(" ")}" fill="none" stroke="#c33"/>`,
    `<text x="4" y="30">${perSecondMax.toFixed(0)}/s</text>`,
    `<text x="4" y="${PLOT + 50}">${(slowestMax / 1_000).toFixed(1)} s</text>`,
    `<text x="${LEFT}" y="${2 * PLOT + 52}">0 to ${(durationMs / 1_000).toFixed(0)} s; green: commits a second; red: slowest commit; grey: faults</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function bucketsOf(attempts: readonly Attempt[], durationMs: number): readonly Bucket[] {
  const buckets = Array.from({ length: BUCKETS }, (): Bucket => ({ perSecond: 0, slowestMs: 0 }));
  const bucketMs = durationMs / BUCKETS;
  for (const { startMs, endMs, transactionId } of attempts) {
    if (transactionId === undefined) continue;
    const bucket = buckets[Math.min(BUCKETS - 1, Math.floor(endMs / bucketMs))];
    if (bucket === undefined) continue;
    bucket.perSecond += 1_000 / bucketMs;
    bucket.slowestMs = Math.max(bucket.slowestMs, endMs - startMs);
  }
  return buckets;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
