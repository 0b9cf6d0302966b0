import { sha256 } from "../../crypto/index.ts";
import { toHex } from "../../kernel/bytes.ts";
import { openEnvelope, type Envelope } from "../../wire/index.ts";
import type { Outcome } from "../contracts.ts";

/** A client was told that its transaction is committed, with this code. */
export interface Acknowledged {
  readonly txId: string;
  /** `TxValidationCode`. */
  readonly code: number;
  /** When the client began to ask for it, and when it was told. */
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

/** How many calls ended how. */
export interface OutcomeCounts {
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
}

/**
 * What clients know. A call whose end is unknown is remembered as that and never assumed to have happened, or not to
 * have happened.
 */
export class Oracle {
  readonly #acknowledged: Acknowledged[] = [];
  readonly #ordered = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #forged = new Set<string>();
  readonly #expired = new Set<string>();
  readonly #unendorsed = new Set<string>();
  readonly #counts = { acknowledged: 0, refused: 0, unknown: 0 };

  /** In the order in which clients were told. Grows. */
  get acknowledged(): readonly Acknowledged[] {
    return this.#acknowledged;
  }

  /** Ids of which an orderer, or a gateway after asking one, said that it has them: they must be in the chain, with whatever code. */
  get ordered(): ReadonlySet<string> {
    return this.#ordered;
  }

  /** Ids that were refused and that nobody sent again. */
  get refused(): ReadonlySet<string> {
    return this.#refused;
  }

  /** Ids of which a client does not know whether they were ordered. */
  get unknown(): ReadonlySet<string> {
    return this.#unknown;
  }

  /** Ids that were signed with a certificate that had ended. */
  get expired(): ReadonlySet<string> {
    return this.#expired;
  }

  /** Ids of transactions that those who must endorse them have not. */
  get unendorsed(): ReadonlySet<string> {
    return this.#unendorsed;
  }

  get counts(): OutcomeCounts {
    return { ...this.#counts };
  }

  /** A transaction that was asked for at `beganAtMs` ended so. */
  settle(outcome: Outcome, beganAtMs: number, endedAtMs: number): void {
    this.#counts[outcome.kind] += 1;
    const signedId = "txId" in outcome ? outcome.txId : undefined;
    if (outcome.isExpired === true && signedId !== undefined) this.#expired.add(signedId);
    switch (outcome.kind) {
      case "acknowledged": {
        const { txId, code } = outcome;
        this.#acknowledged.push({ txId, code, beganAtMs, endedAtMs });
        return;
      }
      case "refused": {
        const txId = outcome.envelope && transactionIdOf(outcome.envelope);
        if (txId !== undefined) this.#refused.add(txId);
        return;
      }
      case "unknown":
        if (outcome.txId === undefined) return;
        this.#unknown.add(outcome.txId);
        if (outcome.isOrdered === true) this.#ordered.add(outcome.txId);
    }
  }

  /** A transaction that lacks endorsements was sent, and met this end. */
  settleUnendorsed(outcome: Outcome, envelope: Envelope): void {
    const txId = transactionIdOf(envelope);
    if (txId !== undefined) this.#unendorsed.add(txId);
    this.settleAgain(outcome, envelope);
  }

  /** Call it before an envelope is sent again: from now on a refusal of it says nothing. */
  sendAgain(envelope: Envelope): void {
    const txId = transactionIdOf(envelope);
    if (txId === undefined) return;
    this.#refused.delete(txId);
  }

  /** An envelope that was sent again met this end. */
  settleAgain(outcome: Outcome, envelope: Envelope): void {
    const txId = transactionIdOf(envelope);
    if (outcome.kind === "acknowledged" && txId !== undefined) this.#ordered.add(txId);
  }

  /** Call it before an envelope that nobody signed is sent. */
  sendForged(envelope: Envelope): void {
    this.#forged.add(fingerprint(envelope));
  }

  get hasForged(): boolean {
    return this.#forged.size > 0;
  }

  isForged(envelope: Envelope): boolean {
    return this.#forged.has(fingerprint(envelope));
  }
}

/** Undefined where the envelope does not read so far. */
export function transactionIdOf(envelope: Envelope): string | undefined {
  const reading = openEnvelope(envelope);
  return reading.kind === "opened" ? reading.opened.channelHeader.txId : undefined;
}

function fingerprint({ payload, signature }: Envelope): string {
  return toHex(sha256(payload, signature));
}
