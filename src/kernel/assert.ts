/**
 * The one way to say "this cannot happen unless the program is wrong".
 * Nobody catches an `InvariantViolation`; the host logs it and the process ends.
 */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/** Throws `InvariantViolation` unless `condition` holds. `reason` says why it must hold. */
export function assert(condition: unknown, reason: string): asserts condition {
  if (condition === false || condition === undefined || condition === null || condition === 0) {
    throw new InvariantViolation(reason);
  }
}
