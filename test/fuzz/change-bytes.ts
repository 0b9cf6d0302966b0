/** Changes of bytes of which nothing is known. */
import { concatBytes } from "../../src/kernel/bytes.ts";
import type { SeededRandom } from "../../src/kernel/seeded-random.ts";

type Change = (bytes: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;

/** What is often at the edge of something. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff];
const INSERTED_BYTES_MAX = 64;

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  cutEnd,
  cutMiddle,
  insert,
  repeat,
  splice,
  setWord,
];

/** One change. `other`: another valid input. */
export function changeBytes(
  bytes: Uint8Array,
  random: SeededRandom,
  other: Uint8Array,
): Uint8Array {
  const change = CHANGES[random.below(CHANGES.length)] ?? flipBit;
  return bytes.length === 0 ? insert(bytes, random) : change(bytes, random, other);
}

function flipBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = bytes.slice();
  const at = random.below(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
}

function setByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = bytes.slice();
  changed[random.below(changed.length)] = EDGES[random.below(EDGES.length)] ?? 0;
  return changed;
}

/** Four bytes at once, as a length or a number would be. */
function setWord(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = bytes.slice();
  const edge = EDGES[random.below(EDGES.length)] ?? 0;
  const at = random.below(changed.length);
  return changed.fill(edge, at, at + 4);
}

function cutEnd(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return bytes.slice(0, random.below(bytes.length));
}

function cutMiddle(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const start = random.below(bytes.length);
  const length = 1 + random.below(Math.min(INSERTED_BYTES_MAX, bytes.length - start));
  return concatBytes(bytes.subarray(0, start), bytes.subarray(start + length));
}

function insert(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length + 1);
  const inserted = random.bytes(1 + random.below(INSERTED_BYTES_MAX));
  return concatBytes(bytes.subarray(0, at), inserted, bytes.subarray(at));
}

function repeat(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const start = random.below(bytes.length);
  const end = start + 1 + random.below(bytes.length - start);
  return concatBytes(bytes.subarray(0, end), bytes.subarray(start));
}

function splice(bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  const head = bytes.subarray(0, random.below(bytes.length + 1));
  return concatBytes(head, other.subarray(random.below(other.length + 1)));
}
