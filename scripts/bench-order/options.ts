/** What the benchmarks of orderers are asked for alike, and how they speak. */

/** For `parseArgs`. */
export const LOAD_OPTIONS = {
  envelopes: { type: "string", default: "6000" },
  seconds: { type: "string", default: "15" },
  "port-offset": { type: "string", default: "26000" },
  "cpu-prof": { type: "string" },
  short: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** The lines of a usage text for `LOAD_OPTIONS`, but for `--short`. */
export const LOAD_USAGE = `  --envelopes 6000         signed beforehand and sent, for each row
  --seconds 15             longest time of a row's load
  --cpu-prof FOLDER        writes a CPU profile of each orderer
  --json                   one JSON document instead of the table
  --port-offset 26000`;

/** A load such as `16x32`: streams, and envelopes in flight on each. */
export function loadOf(text: string): { readonly streams: number; readonly inFlight: number } {
  const [streams = 1, inFlight = 1] = text.split("x").map(Number);
  return { streams, inFlight };
}

/** The numbers of a list such as `1,3,5`. */
export function numbersOf(list: string): readonly number[] {
  return list.split(",").map(Number);
}

/** Says on standard error what is being done. */
export function progress(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

/** To two decimals. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
