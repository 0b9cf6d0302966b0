import { POLICY_DEPTH_MAX } from "./limits.ts";
import { malformedText, tokenize } from "./policy-tokens.ts";
import { TokenReader, describeToken } from "./token-reader.ts";

/**
 * Reads the first operand of OutOf: a number, arithmetic over numbers (`1+1`), or either in quotes.
 * Fractions are cut off. The result may be any integer or not finite; the caller knows its range.
 * Throws `PolicyError` ("malformed-text").
 */
export function readThreshold(reader: TokenReader): number {
  const token = reader.next;
  if (token.kind !== "quoted") return Math.trunc(readSum(reader, 1));
  reader.take();
  const inner = new TokenReader(tokenize(token.text, token.position));
  const value = readSum(inner, 1);
  inner.expectEnd();
  return Math.trunc(value);
}

function readSum(reader: TokenReader, depth: number): number {
  let value = readProduct(reader, depth);
  for (;;) {
    if (reader.maybeTakeSign("+")) value += readProduct(reader, depth);
    else if (reader.maybeTakeSign("-")) value -= readProduct(reader, depth);
    else return value;
  }
}

function readProduct(reader: TokenReader, depth: number): number {
  let value = readSigned(reader, depth);
  for (;;) {
    if (reader.maybeTakeSign("*")) value *= readSigned(reader, depth);
    else if (reader.maybeTakeSign("/")) value /= readSigned(reader, depth);
    else if (reader.maybeTakeSign("%")) value %= readSigned(reader, depth);
    else return value;
  }
}

function readSigned(reader: TokenReader, depth: number): number {
  let factor = 1;
  for (;;) {
    if (reader.maybeTakeSign("-")) factor = -factor;
    else if (!reader.maybeTakeSign("+")) return factor * readTerm(reader, depth);
  }
}

function readTerm(reader: TokenReader, depth: number): number {
  const token = reader.next;
  if (token.kind === "number") {
    reader.take();
    return token.value;
  }
  if (depth > POLICY_DEPTH_MAX) {
    throw malformedText(token.position, "too many parentheses", "write the number itself");
  }
  if (reader.maybeTakeSign("(")) {
    const value = readSum(reader, depth + 1);
    reader.expectSign(")");
    return value;
  }
  throw malformedText(
    token.position,
    `unexpected ${describeToken(token)}`,
    "write how many of the following operands are needed, such as 2",
  );
}
