import { isConfigBlock, type ChannelConfig } from "../../src/channel/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Block } from "../../src/wire/index.ts";
import type { ClusterMember } from "../replica/index.ts";
import type { BlockCatchUpDeps } from "./block-catch-up.ts";
import { recordOf } from "./core/block-assembly.ts";
import { LeaderlessTime } from "./leaderless-time.ts";
import { NEWER_MEMBERS_LEADERLESS_MS, NEWER_MEMBERS_PAUSE_MS_MAX } from "./limits.ts";
import { LookAhead, type LookAheadOptions } from "./look-ahead.ts";
import { membersOf } from "./members.ts";

/** The members as a configuration names them that this node does not have yet. */
export interface NewerMembers {
  /** Of the configuration. */
  readonly sequence: number;
  readonly members: readonly ClusterMember[];
}

/** Shows `found` the members after each configuration that other orderers have and this node lacks. Never rejects. */
export type FindNewerMembers = (
  found: (newer: NewerMembers) => void,
  signal: AbortSignal,
) => Promise<void>;

export interface NewerMembersDeps {
  readonly find: FindNewerMembers;
  /** Whether this node has a leader and has heard of it lately. */
  readonly isLed: () => boolean;
  readonly found: (newer: NewerMembers) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A member that lags may not know the very certificate under which the others would tell it of that certificate: it
 * refuses them, and of two none can do without the other. So one that knows no leader looks who the members are by now.
 * Raft §6: a server takes requests also from one that is not in its latest configuration.
 */
export class NewerMembersWatch {
  readonly #deps: NewerMembersDeps;
  readonly #channelId: string;
  readonly #leaderless: LeaderlessTime;
  #look: AbortController | undefined;
  #lookedMs = 0;
  #pauseMs = NEWER_MEMBERS_LEADERLESS_MS;
  #isStopped = false;

  constructor(deps: NewerMembersDeps, options: { readonly channelId: string }) {
    this.#deps = deps;
    this.#channelId = options.channelId;
    this.#leaderless = new LeaderlessTime(deps.clock);
  }

  /** To be called every `MEMBERSHIP_CHECK_MS`. */
  check(): void {
    const isLed = this.#deps.isLed();
    this.#leaderless.note(isLed);
    if (isLed) {
      this.#look?.abort();
      this.#pauseMs = NEWER_MEMBERS_LEADERLESS_MS;
    }
    if (this.#isStopped || this.#look !== undefined) return;
    if (this.#leaderless.elapsedMs(this.#lookedMs) >= this.#pauseMs) void this.#find();
  }

  stop(): void {
    this.#isStopped = true;
    this.#look?.abort();
  }

  async #find(): Promise<void> {
    const look = new AbortController();
    this.#look = look;
    await this.#deps.find((newer) => {
      const fields = { channel: this.#channelId, sequence: newer.sequence };
      this.#deps.logger.info("the other orderers have a newer configuration", fields);
      this.#deps.found(newer);
    }, look.signal);
    this.#look = undefined;
    this.#lookedMs = this.#deps.clock.monotonicMs();
    this.#pauseMs = Math.min(2 * this.#pauseMs, NEWER_MEMBERS_PAUSE_MS_MAX);
  }
}

/** Finds them in the blocks of others, which it does not keep: the log brings them once its members can be heard. */
export function newerMembersIn(
  deps: BlockCatchUpDeps,
  options: LookAheadOptions,
): FindNewerMembers {
  return async (found, signal) => {
    const ahead = new LookAhead(deps, options);
    await ahead.walk((block) => {
      const newer = isConfigBlock(block) && membersAfter(ahead.config.current(), block);
      if (newer) found(newer);
      return false;
    }, signal);
  };
}

function membersAfter(before: ChannelConfig, block: Block): NewerMembers | undefined {
  const config = before.successorIn(block);
  const consenterIds = recordOf(block)?.consenterIds;
  if (consenterIds?.length !== config.orderer.consenters.length) return undefined;
  return { sequence: config.sequence, members: membersOf(config, consenterIds) };
}
