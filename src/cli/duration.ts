import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const DURATION_MS_MAX = 24 * 3_600_000;

/** Milliseconds of `500ms`, `10s` or `2m`, for commander. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const durationMs = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= DURATION_MS_MAX) return durationMs;
  throw new InvalidArgumentError("expected a time such as 500ms, 10s or 2m.");
}
