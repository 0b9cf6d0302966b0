/** What must be done before the next block may be sent. */
export type AccessStep = "granted" | "expired" | "check-policy";

/**
 * Says when the right to read must be looked at again: before the first block, after every change of the
 * channel's configuration, and always against the certificate's expiry.
 */
export class SessionAccess {
  readonly #expiresAtMs: number;
  #checkedSequence: number | undefined;

  /** `expiresAtMs` is the end of the requester's certificate since 1970; infinite when it has none. */
  constructor(expiresAtMs: number) {
    this.#expiresAtMs = expiresAtMs;
  }

  /** `configSequence` is that of the newest configuration. After "check-policy" the caller checks, then calls `checked`. */
  next(nowMs: number, configSequence: number): AccessStep {
    if (nowMs > this.#expiresAtMs) return "expired";
    return this.#checkedSequence === configSequence ? "granted" : "check-policy";
  }

  /** The policy of the configuration with this sequence was satisfied. */
  checked(configSequence: number): void {
    this.#checkedSequence = configSequence;
  }
}
