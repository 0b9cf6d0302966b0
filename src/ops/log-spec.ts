/** Fabric's logging specification: `logger[,logger…]=level[:…]`, a bare level being the default for all others. */

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogSpec {
  /** The text as it was given. */
  readonly text: string;
  readonly defaultLevel: LogLevel;
  /** Level per dotted component; it holds for what is below as well. */
  readonly levels: ReadonlyMap<string, LogLevel>;
}

export type LogSpecResult =
  { readonly ok: true; readonly spec: LogSpec } | { readonly ok: false; readonly reason: string };

/** Specifications beyond this length are refused. */
const TEXT_LENGTH_MAX = 4_096;

// Fabric's names for levels that other loggers lack map to the nearest.
const LEVELS_BY_NAME: ReadonlyMap<string, LogLevel> = new Map([
  ...LOG_LEVELS.map((level): [string, LogLevel] => [level, level]),
  ["warning", "warn"],
  ["dpanic", "error"],
  ["panic", "fatal"],
]);

export function parseLogSpec(text: string): LogSpecResult {
  if (text.length > TEXT_LENGTH_MAX) return refused(text.slice(0, 40), "too long");
  let defaultLevel: LogLevel = "info";
  const levels = new Map<string, LogLevel>();
  for (const segment of text.split(":").filter((part) => part !== "")) {
    const parsed = parseSegment(segment);
    if (parsed === undefined) return refused(text, `bad segment '${segment}'`);
    if (parsed.components.length === 0) defaultLevel = parsed.level;
    for (const component of parsed.components) levels.set(component, parsed.level);
  }
  return { ok: true, spec: { text, defaultLevel, levels } };
}

/** The level of a component: that of the longest listed name it equals or lies below. */
export function levelOf(spec: LogSpec, component: string): LogLevel {
  for (
    let name = component;
    name !== "";
    name = name.slice(0, Math.max(name.lastIndexOf("."), 0))
  ) {
    const level = spec.levels.get(name);
    if (level !== undefined) return level;
  }
  return spec.defaultLevel;
}

function parseSegment(
  segment: string,
): { readonly components: readonly string[]; readonly level: LogLevel } | undefined {
  const [names, levelName, ...rest] = segment.includes("=") ? segment.split("=") : ["", segment];
  const level = LEVELS_BY_NAME.get((levelName ?? "").toLowerCase());
  if (level === undefined || rest.length > 0 || names === undefined) return undefined;
  const components = names === "" ? [] : names.split(",");
  if (segment.startsWith("=") || components.some((name) => !/^[\w.-]+$/.test(name)))
    return undefined;
  return { components, level };
}

function refused(text: string, cause: string): LogSpecResult {
  return { ok: false, reason: `invalid logging specification '${text}': ${cause}` };
}
