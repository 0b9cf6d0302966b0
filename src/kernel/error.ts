/**
 * The world failed: disk, network, configuration, a peer's bytes. `code` is for programs, `data` for logs,
 * the message for people: lower-case start, the values in it, and what can be done.
 * A module's error class extends this with its own union of codes.
 */
export abstract class HeddleError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    message: string,
    options: { readonly data?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
