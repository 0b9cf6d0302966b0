/** Changes of a text, word by word and sign by sign. */
import { utf8, utf8DecodeLeniently } from "../../src/kernel/bytes.ts";
import type { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { changeBytes } from "./change-bytes.ts";

const TOKEN = /\w+|\s+|[^\w\s]/gu;
const REPEATS = [2, 50, 5_000];
const TEXT_LENGTH_MAX = 200_000;

const TOKENS = [
  "",
  "0",
  "-1",
  "1e999",
  "9007199254740993",
  "99999999999999999999",
  "NaN",
  "null",
  "true",
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  "'",
  '"',
  "\\",
  ",",
  ".",
  "/",
  "../",
  "\0",
  "\r\n",
  "%2e%2e",
  "__proto__",
  "constructor",
  "\u202e",
  "\u{1f9f5}",
  "\ud800",
];

type Change = (tokens: string[], at: number, random: SeededRandom) => void;

const CHANGES: readonly Change[] = [
  (tokens, at) => tokens.splice(at, 1),
  (tokens, at) => tokens.splice(at, 0, tokens[at] ?? ""),
  (tokens, at, random) => tokens.splice(at, 1, anyToken(random)),
  (tokens, at, random) => tokens.splice(at, 0, anyToken(random)),
  (tokens, at, random) => tokens.splice(at, 1 + random.below(10)),
  (tokens, at, random) => {
    const other = random.below(tokens.length);
    [tokens[at], tokens[other]] = [tokens[other] ?? "", tokens[at] ?? ""];
  },
  (tokens, at, random) => {
    const token = tokens[at] ?? "";
    const most = Math.floor(TEXT_LENGTH_MAX / Math.max(1, token.length));
    const count = REPEATS[random.below(REPEATS.length)] ?? 2;
    tokens[at] = token.repeat(Math.min(count, most));
  },
];

/** One change. `other`: another valid text. */
export function changeText(bytes: Uint8Array, random: SeededRandom, other: Uint8Array): Uint8Array {
  const tokens: string[] = utf8DecodeLeniently(bytes).match(TOKEN) ?? [];
  if (tokens.length === 0 || random.below(8) === 0) return changeBytes(bytes, random, other);
  const change = CHANGES[random.below(CHANGES.length)];
  change?.(tokens, random.below(tokens.length), random);
  return utf8(tokens.join(""));
}

function anyToken(random: SeededRandom): string {
  return TOKENS[random.below(TOKENS.length)] ?? "";
}
