import { sha256 } from "../../../src/crypto/index.ts";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import type { Clock } from "../../../src/kernel/ports/clock.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

/** A clock that always shows this time. */
export function stoppedClock(wallMs: number): Clock {
  return { monotonicMs: () => 0, wallMs: () => wallMs };
}

/** Hashes of a counter: the same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let counter = 0;
  const block = (): Uint8Array => {
    counter += 1;
    return sha256(utf8(`${seed}/${counter}`));
  };
  const uint32 = (): number => new DataView(block().buffer).getUint32(0);
  return {
    uint32,
    below: (exclusiveMax) => uint32() % exclusiveMax,
    bytes: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, block);
      return concatBytes(...blocks).slice(0, length);
    },
  };
}
