import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { changeBytes } from "./change-bytes.ts";
import { changeText } from "./change-text.ts";
import { changeWire } from "./change-wire.ts";
import type { Entry } from "./entry.ts";

const CHANGE = { wire: changeWire, text: changeText, bytes: changeBytes };
/** So that a few changes do not make an input that costs only for its length. */
const INPUT_BYTES_MAX = 1_000_000;

/** Input `number` of an entry: a sample with a few changes, the same for the same seed. */
export function makeInput(
  { name, form, samples }: Pick<Entry, "name" | "form" | "samples">,
  seed: number,
  number: number,
): Uint8Array {
  const random = new SeededRandom(seed).child(`${name} ${number}`);
  const sample = (): Uint8Array => samples[random.below(samples.length)] ?? new Uint8Array(0);
  let input = sample();
  // Most with one change: what has several is refused for the first.
  for (let more = true; more; more = random.below(3) === 0) {
    const changed = CHANGE[form](input, random, sample());
    if (changed.length > INPUT_BYTES_MAX) break;
    input = changed;
  }
  return input;
}
