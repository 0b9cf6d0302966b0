import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DURATION_MS_MAX = 24 * 3_600_000;

/** Milliseconds of `500ms`, `10s`, `2m` or `1h`, for commander. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const durationMs = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= DURATION_MS_MAX) return durationMs;
  throw new InvalidArgumentError("expected a time such as 500ms, 10s, 2m or 1h.");
}

/** The same as text, in the largest unit that leaves it whole: `2 m`. */
export function durationText(durationMs: number): string {
  const units = Object.entries(UNIT_MS).reverse();
  const [unit, unitMs] = units.find(([, each]) => durationMs % each === 0) ?? ["ms", 1];
  return `${durationMs / unitMs} ${unit}`;
}
