import { PolicyError } from "./errors.ts";

/** A word of the policy language. `position` counts the text's characters from 1. */
export type Token =
  | { readonly kind: "name"; readonly text: string; readonly position: number }
  | { readonly kind: "quoted"; readonly text: string; readonly position: number }
  | { readonly kind: "number"; readonly value: number; readonly position: number }
  | { readonly kind: "sign"; readonly text: string; readonly position: number }
  | { readonly kind: "end"; readonly position: number };

const SPACE = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const QUOTED = /'([^']*)'|"([^"]*)"/y;
const SIGN = /[(),+*/%-]/y;

/**
 * The tokens of `text`, the last of which is the only "end". `offset` is added to positions.
 * Throws `PolicyError` ("malformed-text") at a character that begins no token.
 */
export function tokenize(text: string, offset: number): readonly Token[] {
  const tokens: Token[] = [];
  let index = matchLength(SPACE, text, 0);
  while (index < text.length) {
    const { token, length } = readToken(text, index, offset + index + 1);
    tokens.push(token);
    index += length;
    index += matchLength(SPACE, text, index);
  }
  tokens.push({ kind: "end", position: offset + text.length + 1 });
  return tokens;
}

function readToken(
  text: string,
  index: number,
  position: number,
): { readonly token: Token; readonly length: number } {
  const name = matchAt(NAME, text, index)?.[0];
  if (name !== undefined) {
    return { token: { kind: "name", text: name, position }, length: name.length };
  }
  const number = matchAt(NUMBER, text, index)?.[0];
  if (number !== undefined) {
    return { token: { kind: "number", value: Number(number), position }, length: number.length };
  }
  const quoted = matchAt(QUOTED, text, index);
  if (quoted !== undefined) {
    const content = quoted[1] ?? quoted[2] ?? "";
    return { token: { kind: "quoted", text: content, position }, length: quoted[0].length };
  }
  const sign = matchAt(SIGN, text, index)?.[0];
  if (sign !== undefined) {
    return { token: { kind: "sign", text: sign, position }, length: sign.length };
  }
  throw strangeCharacter(text, index, position);
}

function strangeCharacter(text: string, index: number, position: number): PolicyError {
  const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
  return character === "'" || character === '"'
    ? malformedText(position, `the quote ${character} is not closed`, "close it")
    : malformedText(
        position,
        `unexpected ${JSON.stringify(character)}`,
        "write AND, OR or OutOf, parentheses, commas, numbers and quoted principals",
      );
}

/** The error for text at `position`: what is wrong there, and what to write instead. */
export function malformedText(position: number, problem: string, cure: string): PolicyError {
  return new PolicyError("malformed-text", `${problem} at character ${position}: ${cure}`, {
    data: { position },
  });
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text) ?? undefined;
}

function matchLength(pattern: RegExp, text: string, index: number): number {
  return matchAt(pattern, text, index)?.[0].length ?? 0;
}
