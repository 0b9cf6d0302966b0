/** Places where the program takes others' bytes. */

/** How samples are changed: as protobuf messages, as text, or as bytes of which nothing is known. */
export type Form = "wire" | "text" | "bytes";

export interface Entry {
  readonly name: string;
  readonly form: Form;
  /** Valid inputs, from which the others are made. At least one. */
  readonly samples: readonly Uint8Array[];
  /** Inputs for each that another entry is given; below 1 where one costs much. Default 1. */
  readonly share?: number;
  /**
   * Takes an input as the program does, and answers whether it was accepted. Throws, or rejects, only what the program would
   * not have handled, and `BrokenRule`.
   */
  readonly take: (input: Uint8Array) => boolean | Promise<boolean>;
}

/** An input was accepted, or changed, that must not be. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

export function mustHold(condition: boolean, rule: string): void {
  if (!condition) throw new BrokenRule(rule);
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** Whether `run` ends well; false where it throws one of the errors by which it refuses. */
export function unlessRefused(refusals: readonly ErrorClass[], run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    return settle(refusals, error);
  }
}

/** As `unlessRefused`, of a promise. */
export async function unlessRejected(
  refusals: readonly ErrorClass[],
  run: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    return settle(refusals, error);
  }
}

function settle(refusals: readonly ErrorClass[], error: unknown): false {
  if (refusals.some((refusal) => error instanceof refusal)) return false;
  throw error;
}
