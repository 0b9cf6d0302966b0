import { DURATION_LENGTH_MAX } from "./limits.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  // Both the micro sign and the Greek letter.
  ["\u00b5s", 1e-3],
  ["\u03bcs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-z\u00b5\u03bc]+)/y;

// Go counts nanoseconds in 63 bits: about 292 years.
const DURATION_MS_MAX = 2 ** 63 / 1e6;

/**
 * Milliseconds, possibly a fraction or negative, of a duration in Go's notation: `2s`, `1h30m`, `1.5ms`, `-1s`, `0`.
 * `undefined` when the text is not one or is out of Go's range.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > DURATION_LENGTH_MAX) return undefined;
  const sign = text.startsWith("-") ? -1 : 1;
  const parts = /^[+-]/.test(text) ? text.slice(1) : text;
  if (parts === "0") return 0;
  const totalMs = sumParts(parts);
  return totalMs === undefined || totalMs >= DURATION_MS_MAX ? undefined : sign * totalMs;
}

function sumParts(text: string): number | undefined {
  if (text === "") return undefined;
  let totalMs = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const [, amount, unit] = PART.exec(text) ?? [];
    const unitMs = UNIT_MS.get(unit ?? "");
    if (amount === undefined || unitMs === undefined) return undefined;
    totalMs += Number(amount) * unitMs;
  }
  return totalMs;
}

/** The text that Go writes for a duration of `ms` ≥ 0, to the nanosecond: `2s`, `500ms`, `1m30s`, `1.5s`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0.001) return `${trim(ms * 1e6, 0)}ns`;
  if (ms < 1) return `${trim(ms * 1e3, 3)}\u00b5s`;
  if (ms < 1_000) return `${trim(ms, 6)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${trim((ms % 60_000) / 1_000, 9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function trim(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
