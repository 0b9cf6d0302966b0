import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "../ports/random.ts";

/** The operating system's cryptographically strong source. */
export const systemRandom: Random = {
  uint32: () => randomInt(0, 2 ** 32),
  below: (exclusiveMax: number) => randomInt(0, exclusiveMax),
  bytes: (length: number) => new Uint8Array(randomBytes(length)),
};
