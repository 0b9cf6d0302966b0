import { assert } from "../kernel/assert.ts";
import { malformedText, type Token } from "./policy-tokens.ts";

const SHOWN_LENGTH_MAX = 64;

/** Walks over tokens, one ahead. Never goes past the "end" token. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token that comes next. */
  get next(): Token {
    const token = this.#tokens[this.#index];
    assert(token, "the end token is last and is never taken");
    return token;
  }

  /** Takes the next token, which must not be the end. */
  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#index += 1;
    return token;
  }

  /** Takes the next token if it is the sign `text`. */
  maybeTakeSign(text: string): boolean {
    const token = this.next;
    if (token.kind !== "sign" || token.text !== text) return false;
    this.#index += 1;
    return true;
  }

  /** Takes the sign `text`. Throws `PolicyError` when something else comes. */
  expectSign(text: string): void {
    if (this.maybeTakeSign(text)) return;
    const token = this.next;
    throw malformedText(
      token.position,
      `unexpected ${describeToken(token)}`,
      `write "${text}" there`,
    );
  }

  /** Throws `PolicyError` unless everything has been taken. */
  expectEnd(): void {
    const token = this.next;
    if (token.kind === "end") return;
    throw malformedText(
      token.position,
      `unexpected ${describeToken(token)}`,
      "end the text before it",
    );
  }
}

/** A token as messages show it; long ones are cut. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "end":
      return "end";
    case "number":
      return String(token.value);
    case "name":
    case "quoted":
    case "sign":
      return JSON.stringify(token.text.slice(0, SHOWN_LENGTH_MAX));
  }
}
