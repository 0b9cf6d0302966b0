/** What the program prints: text for people, one JSON document (or one a line, for streams) with `--json`. */
import { styleText } from "node:util";
import { HeddleError, errorMessage } from "../kernel/error.ts";

export interface OutputOptions {
  readonly json: boolean;
}

/** Least time between two lines of progress where they stay. */
const PROGRESS_LINE_MS = 1_000;

/** Exit codes, so that scripts can tell what failed. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export class Output {
  readonly isJson: boolean;
  readonly #isTerminal = process.stdout.isTTY;
  #progress = "";
  #progressMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutputOptions) {
    this.isJson = options.json;
  }

  /** A result: `value` with `--json`, otherwise `text`. */
  result(value: unknown, text: string): void {
    this.#clearProgress();
    process.stdout.write(`${this.isJson ? JSON.stringify(value) : text}\n`);
  }

  /** A line for people only. */
  say(text: string): void {
    if (this.isJson) return;
    this.#clearProgress();
    process.stdout.write(`${text}\n`);
  }

  /** What is being done now: one line that changes on a terminal, a line each elsewhere. */
  step(text: string): void {
    if (this.isJson) return;
    if (!this.#isTerminal) {
      process.stderr.write(`${text} …\n`);
      return;
    }
    this.#clearProgress();
    this.#progress = `${text} …`;
    process.stdout.write(this.dim(this.#progress));
  }

  /**
   * How far something is: `event` as a line of JSON with `--json`; on a terminal `text` in place of the one before;
   * elsewhere a line now and then.
   */
  progress(event: unknown, text: string): void {
    const nowMs = performance.now();
    if (!this.#isTerminal || this.isJson) {
      if (nowMs - this.#progressMs < PROGRESS_LINE_MS) return;
      this.#progressMs = nowMs;
    }
    if (this.isJson) {
      process.stdout.write(`${JSON.stringify(event)}\n`);
      return;
    }
    if (!this.#isTerminal) {
      process.stderr.write(`${text}\n`);
      return;
    }
    this.#clearProgress();
    this.#progress = text;
    process.stdout.write(text);
  }

  /** The one line (or few) that an error deserves. */
  fail(error: unknown): void {
    this.#clearProgress();
    const message = errorMessage(error);
    if (this.isJson) {
      const code = error instanceof HeddleError ? (error as HeddleError).code : "unexpected";
      process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
      return;
    }
    process.stderr.write(`${styleText("red", "error:", { stream: process.stderr })} ${message}\n`);
  }

  bold(text: string): string {
    return this.#isTerminal ? styleText("bold", text) : text;
  }

  dim(text: string): string {
    return this.#isTerminal ? styleText("dim", text) : text;
  }

  good(text: string): string {
    return this.#isTerminal ? styleText("green", text) : text;
  }

  bad(text: string): string {
    return this.#isTerminal ? styleText("red", text) : text;
  }

  #clearProgress(): void {
    if (this.#progress === "") return;
    process.stdout.write("\r\x1b[K");
    this.#progress = "";
  }
}
