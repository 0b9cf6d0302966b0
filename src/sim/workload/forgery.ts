import type { Random } from "../../kernel/ports/random.ts";
import type { Envelope } from "../../wire/index.ts";

/** The envelope with one bit of its payload or its signature changed: nobody has signed it. */
export function forged({ payload, signature }: Envelope, random: Random): Envelope {
  return random.below(2) === 0
    ? { payload: flipped(payload, random), signature }
    : { payload, signature: flipped(signature, random) };
}

/** With one bit changed. */
export function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const index = random.below(changed.length);
  changed[index] = (changed[index] ?? 0) ^ (1 << random.below(8));
  return changed;
}
