import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { VoterSet } from "./core/membership-difference.ts";
import type { Membership } from "./core/membership.ts";
import type { EvictionSuspicion } from "./eviction-suspicion.ts";
import { LeaderlessTime } from "./leaderless-time.ts";
import { EVICTED_LEADERLESS_MS, EVICTION_SUSPICION_MS } from "./limits.ts";

/** This node's part in the group: `RaftReplica`. */
export interface DepartingReplica {
  /** It takes no part. */
  readonly standsBy: string | undefined;
  status(): { readonly configuration: VoterSet };
}

export interface DepartureDeps {
  readonly replica: DepartingReplica;
  /** After the newest block. */
  readonly membership: () => Membership;
  /** Whether it has a leader and has heard of it lately: one that may not vote never gives its leader up. */
  readonly isLed: () => boolean;
  /** Whether the configuration names the certificate that this node has. */
  readonly isNamed: () => boolean;
  readonly suspicion: Pick<EvictionSuspicion, "releasedBy">;
  /**
   * Stops taking part, brings the blocks up to this one, and puts on record that it is over. False: `signal` was aborted
   * before.
   */
  readonly retire: (number: number | undefined, signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface DepartureOptions {
  readonly channelId: string;
  readonly raftId: number;
  /** Default `EVICTION_SUSPICION_MS`. */
  readonly evictionSuspicionMs?: number;
}

/**
 * How a node's membership ends. It stays a voter, whatever the configuration says, until it knows that its group has let
 * it go: its vote may be needed for its own removal, and of two it is. It knows by its log; or, when nobody leads it any
 * more, by what the others' blocks and the others themselves say. See docs/decisions/0005.
 */
export class Departure {
  /** Resolves when it has come to its end. */
  readonly done: Promise<void>;
  readonly #deps: DepartureDeps;
  readonly #options: DepartureOptions;
  readonly #stopping = new AbortController();
  readonly #leaderless: LeaderlessTime;
  #resolveDone: () => void = () => undefined;
  #isRetiring = false;
  // Since when it has not asked around; while it does, Infinity.
  #unsuspectedSinceMs = 0;

  constructor(deps: DepartureDeps, options: DepartureOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#leaderless = new LeaderlessTime(deps.clock);
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
  }

  /** To be called every `MEMBERSHIP_CHECK_MS`. */
  check(): void {
    if (this.#isRetiring || this.#stopping.signal.aborted) return;
    this.#leaderless.note(this.#deps.isLed());
    if (this.#isOver()) this.#attempt(() => this.#retire(undefined));
    else if (this.#isSuspicious()) {
      this.#unsuspectedSinceMs = Infinity;
      this.#attempt(() => this.#suspect());
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  #isOver(): boolean {
    const { raftId } = this.#options;
    const { replica, isNamed } = this.#deps;
    const { consenterIds } = this.#deps.membership();
    // Another node has its id now, and there is nobody to hand over to.
    if (consenterIds.includes(raftId)) return consenterIds.length === 1 && !isNamed();
    if (replica.standsBy !== undefined) return true;
    const { voters } = replica.status().configuration;
    return voters.length > 0 && !voters.includes(raftId);
  }

  // One that stands by has the others' blocks anyway.
  #isSuspicious(): boolean {
    if (this.#deps.replica.standsBy !== undefined) return false;
    const { raftId, evictionSuspicionMs = EVICTION_SUSPICION_MS } = this.#options;
    const isMember = this.#deps.membership().consenterIds.includes(raftId);
    const waitMs = isMember
      ? evictionSuspicionMs
      : Math.min(evictionSuspicionMs, EVICTED_LEADERLESS_MS);
    return this.#leaderless.elapsedMs(this.#unsuspectedSinceMs) >= waitMs;
  }

  #attempt(task: () => Promise<void>): void {
    task().catch((error: unknown) => {
      const fields = { channel: this.#options.channelId, reason: errorMessage(error) };
      this.#deps.logger.error("cannot leave the channel's group in good order", fields);
    });
  }

  async #suspect(): Promise<void> {
    const { signal } = this.#stopping;
    const number = await this.#deps.suspicion.releasedBy(this.#deps.membership(), signal);
    this.#unsuspectedSinceMs = this.#deps.clock.monotonicMs();
    if (number === undefined || this.#deps.isLed() || this.#isRetiring || signal.aborted) return;
    const fields = { channel: this.#options.channelId, block: number };
    this.#deps.logger.warn("this node was removed from the channel while it was away", fields);
    await this.#retire(number);
  }

  async #retire(number: number | undefined): Promise<void> {
    this.#isRetiring = true;
    if (!(await this.#deps.retire(number, this.#stopping.signal))) return;
    this.stop();
    this.#deps.logger.warn(
      "this node is no longer a consenter of the channel and leaves its group",
      { channel: this.#options.channelId },
    );
    this.#resolveDone();
  }
}
