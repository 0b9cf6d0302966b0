import type { PeerId } from "./claims.ts";
import { EXPECTED_ANSWERS_MAX } from "./limits.ts";

interface Expectation {
  readonly peer: PeerId;
  readonly untilMs: number;
}

/** Which answers this peer has asked for: what nobody asked for is not worth reading. */
export class ExpectedAnswers {
  readonly #byNonce = new Map<string, Expectation>();

  expect(nonce: string, peer: PeerId, untilMs: number): void {
    this.#byNonce.set(nonce, { peer, untilMs });
    if (this.#byNonce.size <= EXPECTED_ANSWERS_MAX) return;
    const [oldest] = this.#byNonce.keys();
    if (oldest !== undefined) this.#byNonce.delete(oldest);
  }

  /** The milliseconds that were left for an answer, once for each that was expected of `peer` and is not late; else undefined. */
  take(nonce: string, peer: PeerId, nowMs: number): number | undefined {
    const expected = this.#byNonce.get(nonce);
    if (expected?.peer !== peer) return undefined;
    this.#byNonce.delete(nonce);
    return nowMs <= expected.untilMs ? expected.untilMs - nowMs : undefined;
  }
}
