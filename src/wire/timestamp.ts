import type { Timestamp } from "./gen/google/protobuf/timestamp.ts";

const NANOS_PER_MS = 1_000_000;

/** The timestamp of `ms` milliseconds since 1970, which may be negative or fractional. */
export function timestampFromMs(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.floor((ms - seconds * 1000) * NANOS_PER_MS) };
}

/** Milliseconds since 1970, rounded down to a whole one. Any field values are taken as they are. */
export function timestampToMs(timestamp: Timestamp): number {
  return timestamp.seconds * 1000 + Math.floor(timestamp.nanos / NANOS_PER_MS);
}
