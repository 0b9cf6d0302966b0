/**
 * How long a suspected member has to refute. Lifeguard §4.2: long while one peer alone suspects it, for that one may be the slow one; shorter
 * with every further peer that suspects it by itself.
 */
import type { PeerId } from "./claims.ts";
import {
  CONFIRMATIONS_WANTED,
  PATIENT_GROUP_FACTOR,
  PATIENT_GROUP_MIN,
  SUSPICION_MAX_FACTOR,
  SUSPICION_MIN_FACTOR,
} from "./limits.ts";

export interface SuspicionTimes {
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations at which `minMs` is reached. */
  readonly confirmationsWanted: number;
}

/** `memberCount`: members alive, this peer included. The time grows with its logarithm, since news takes as long to get about. */
export function suspicionTimes(probeIntervalMs: number, memberCount: number): SuspicionTimes {
  const scale = Math.max(1, Math.log10(Math.max(1, memberCount)));
  const patience = memberCount < PATIENT_GROUP_MIN ? 0 : PATIENT_GROUP_FACTOR;
  const minMs = Math.max(SUSPICION_MIN_FACTOR * scale, patience) * probeIntervalMs;
  // Fewer others than that cannot confirm anything.
  const confirmationsWanted = memberCount - 2 < CONFIRMATIONS_WANTED ? 0 : CONFIRMATIONS_WANTED;
  return { minMs, maxMs: minMs * SUSPICION_MAX_FACTOR, confirmationsWanted };
}

/** The time to refute with so many confirmations: max − (max − min) · log(c + 1) / log(k + 1). */
export function suspicionTimeoutMs(times: SuspicionTimes, confirmationCount: number): number {
  const { minMs, maxMs, confirmationsWanted } = times;
  if (confirmationsWanted === 0 || confirmationCount >= confirmationsWanted) return minMs;
  const share = Math.log(confirmationCount + 1) / Math.log(confirmationsWanted + 1);
  return maxMs - (maxMs - minMs) * share;
}

export class Suspicion {
  readonly #times: SuspicionTimes;
  readonly #accusers = new Set<PeerId>();
  #sinceMs: number;
  #hasVerdict = false;

  constructor(times: SuspicionTimes, accuser: PeerId, nowMs: number) {
    this.#times = times;
    this.#sinceMs = nowMs;
    this.#accusers.add(accuser);
  }

  /** Without a refutation the member is dead from then on. */
  get deadlineMs(): number {
    const confirmations = this.#hasVerdict
      ? this.#times.confirmationsWanted
      : this.#accusers.size - 1;
    return this.#sinceMs + suspicionTimeoutMs(this.#times, confirmations);
  }

  /** Whether somebody has said that he has waited in vain. */
  get hasVerdict(): boolean {
    return this.#hasVerdict;
  }

  /** True when `accuser` had not said so before and one more makes a difference. */
  confirm(accuser: PeerId): boolean {
    if (this.#accusers.size > this.#times.confirmationsWanted) return false;
    if (this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    return true;
  }

  /** Somebody has waited in vain. It counts for all the confirmations there could be, and still leaves the least time there is. */
  believeVerdict(): boolean {
    const isNews = !this.#hasVerdict;
    this.#hasVerdict = true;
    return isNews;
  }

  /** This peer was not listening for so long. */
  delay(byMs: number): void {
    this.#sinceMs += byMs;
  }
}
