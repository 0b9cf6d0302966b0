/** What a run of chaos looked like: faults over throughput and latency. Pure. */
import type { Attempt } from "./history.ts";
import type { ChaosRun, FaultSpan } from "./chaos-report.ts";

const WIDTH = 960;
const LEFT = 60;
const TOP = 20;
const PLOT = 140;
/** The line of the second plot. */
const BASE = TOP + 2 * PLOT + 20;
const AXIS = BASE + 16;
const LIST = AXIS + 40;
const LINE = 15;
const BUCKETS = 120;
const TICK_SECONDS: readonly number[] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200];
const TICKS_MAX = 12;
const FAULTS_LISTED_MAX = 40;

interface Bucket {
  perSecond: number;
  slowestMs: number;
}

/** Bars: commits a second. Line: the slowest commit. Grey, numbered: faults, which are listed below. */
export function timelineSvg(run: ChaosRun): string {
  const durationMs = Math.max(1, run.durationMs);
  const x = (ms: number): number => LEFT + (Math.min(ms, durationMs) / durationMs) * (WIDTH - LEFT);
  const buckets = bucketsOf(run.attempts, durationMs);
  const perSecondMax = Math.max(1, ...buckets.map(({ perSecond }) => perSecond));
  const slowestMax = Math.max(1, ...buckets.map(({ slowestMs }) => slowestMs));
  const listed = faultList(run.spans);
  const height = LIST + listed.length * LINE + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(run.title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    ...run.spans.map((span, index) => faultBand(span, index, x)),
    ...ticks(durationMs, x),
    ...bars(buckets, perSecondMax),
    `<polyline points="${points(buckets, slowestMax)}" fill="none" stroke="#c33"/>`,
    text(4, TOP + 10, `${perSecondMax.toFixed(0)}/s`),
    text(4, TOP + PLOT, "0"),
    text(4, BASE - PLOT + 10, `${(slowestMax / 1_000).toFixed(1)} s`),
    text(4, BASE, "0"),
    text(LEFT, AXIS + 18, "green: commits a second; red: slowest commit; grey: faults"),
    ...listed.map((line, index) => text(LEFT, LIST + index * LINE, line)),
    "</svg>",
    "",
  ].join("\n");
}

function faultBand(
  { startMs, endMs }: FaultSpan,
  index: number,
  x: (ms: number) => number,
): string {
  const start = x(startMs);
  const width = Math.max(1, x(endMs) - start);
  const band = `<rect x="${start.toFixed(1)}" y="10" width="${width.toFixed(1)}" height="${BASE - 10}" fill="#bbb" fill-opacity="0.4"/>`;
  return index < FAULTS_LISTED_MAX ? `${band}${text(start, 9, String(index + 1))}` : band;
}

function faultList(spans: readonly FaultSpan[]): readonly string[] {
  const listed = spans.slice(0, FAULTS_LISTED_MAX).map(({ text: what, startMs, endMs }, index) => {
    const [from, to] = [startMs, endMs].map((ms) => (ms / 1_000).toFixed(1));
    return `${index + 1}  ${from}–${to} s  ${shortened(what)}`;
  });
  const more = spans.length - listed.length;
  return more === 0 ? listed : [...listed, `and ${more} more, which the report has`];
}

// The domains of nodes say nothing that the rest of their names does not.
function shortened(what: string): string {
  return what.replaceAll(".example.com", "");
}

function ticks(durationMs: number, x: (ms: number) => number): readonly string[] {
  const seconds = durationMs / 1_000;
  const step = TICK_SECONDS.find((each) => seconds / each <= TICKS_MAX) ?? Math.ceil(seconds / 2);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => {
    const at = x(index * step * 1_000);
    // The last one has no room behind it.
    const isLast = at > WIDTH - 30;
    const line = `<line x1="${at.toFixed(1)}" y1="${TOP}" x2="${at.toFixed(1)}" y2="${BASE}" stroke="#ddd"/>`;
    return `${line}${text(at, AXIS, tickText(index * step), isLast ? "end" : "start")}`;
  });
}

function tickText(seconds: number): string {
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

function bars(buckets: readonly Bucket[], perSecondMax: number): readonly string[] {
  const step = (WIDTH - LEFT) / BUCKETS;
  return buckets.map(({ perSecond }, index) => {
    const height = (perSecond / perSecondMax) * PLOT;
    return `<rect x="${(LEFT + index * step).toFixed(1)}" y="${(TOP + PLOT - height).toFixed(1)}" width="${(step - 0.5).toFixed(1)}" height="${height.toFixed(1)}" fill="#2a7"/>`;
  });
}

function points(buckets: readonly Bucket[], slowestMax: number): string {
  const step = (WIDTH - LEFT) / BUCKETS;
  return buckets
    .map(({ slowestMs }, index) => {
      const y = BASE - (slowestMs / slowestMax) * PLOT;
      return `${(LEFT + (index + 0.5) * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
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

function text(x: number, y: number, what: string, anchor = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${escaped(what)}</text>`;
}

function escaped(what: string): string {
  return what.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
