import { HEIGHT_NEWS_INTERVAL_MS, STATE_RENEWAL_TURNS } from "./limits.ts";
import { comparePeerTimes, nextPeerTime, type PeerTime } from "./peer-time.ts";

/** Publish now, under `time`; or look again after `waitMs`. */
export type PublicationDue =
  | { readonly time: PeerTime }
  /** `isFirstAsked`: a change waits that nobody has been told to wake up for so early. */
  | { readonly waitMs: number; readonly isFirstAsked: boolean };

/**
 * When this peer's own channel state is to be published: at once when it has changed, yet no more often than the debounce time,
 * and seldom where only the height has changed; and once in some intervals, so that it is not forgotten.
 */
export class Publication {
  readonly #debounceMs: number;
  readonly #intervalMs: number;
  #isUrgent = true;
  #time: PeerTime;
  #lastMs: number;
  #isDirty = true;
  // The earliest time that somebody has been told to wake up at for a change.
  #wakesAtMs = Infinity;

  constructor(
    options: { readonly stateInfoDebounceMs: number; readonly stateInfoIntervalMs: number },
    incarnation: bigint,
    nowMs: number,
  ) {
    this.#debounceMs = options.stateInfoDebounceMs;
    this.#intervalMs = options.stateInfoIntervalMs;
    this.#time = { incarnation, sequence: 0n };
    this.#lastMs = nowMs - options.stateInfoDebounceMs;
  }

  /** True while a change has not been published. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** `isUrgent`: of more than the height, so that it does not wait for its turn among many members. */
  changed(isUrgent: boolean): void {
    this.#isDirty = true;
    this.#isUrgent ||= isUrgent;
  }

  /** Whatever is published from now on is of this run: at once, for what was published before may not have been believed. */
  rise(incarnation: bigint): void {
    this.#time = { incarnation, sequence: 0n };
    this.changed(true);
  }

  /** `turnMs`: how often at most a member may publish its height, so that all together do not say too much. */
  due(nowMs: number, turnMs: number): PublicationDue {
    const waitMs = this.dueMs(turnMs) - nowMs;
    if (waitMs <= 0) return { time: this.force(nowMs) };
    const isFirstAsked = this.#isDirty && nowMs + waitMs < this.#wakesAtMs;
    if (isFirstAsked) this.#wakesAtMs = nowMs + waitMs;
    return { waitMs, isFirstAsked };
  }

  /** When it is time to publish, if nothing changes. */
  dueMs(turnMs: number): number {
    const patienceMs = this.#isDirty ? this.#debounceMs : this.#intervalMs * STATE_RENEWAL_TURNS;
    const turnsMs = this.#isDirty
      ? Math.max(turnMs, HEIGHT_NEWS_INTERVAL_MS)
      : turnMs * STATE_RENEWAL_TURNS;
    return this.#lastMs + (this.#isUrgent ? patienceMs : Math.max(patienceMs, turnsMs));
  }

  /** The time to publish under, without regard to the last publication. */
  force(nowMs: number): PeerTime {
    this.#isDirty = false;
    this.#isUrgent = false;
    this.#wakesAtMs = Infinity;
    this.#lastMs = nowMs;
    this.#time = nextPeerTime(this.#time);
    return this.#time;
  }

  /** Whether `time` is that of the newest publication. */
  isNewest(time: PeerTime): boolean {
    return comparePeerTimes(time, this.#time) === 0;
  }
}
