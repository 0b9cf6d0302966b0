import type { ChannelConfigRef } from "../../src/channel/index.ts";
import type { Block } from "../../src/wire/index.ts";
import type { ClusterMember } from "../replica/index.ts";
import type { BlockCatchUpDeps } from "./block-catch-up.ts";
import { recordOf } from "./core/block-assembly.ts";
import type { Membership } from "./core/membership.ts";
import { LookAhead, type LookAheadOptions } from "./look-ahead.ts";
import { membersOf } from "./members.ts";

export interface EvictionSuspicionDeps extends BlockCatchUpDeps {
  /** Whether this member says that this node is none of the group: `isRefusedBy`. Never rejects. */
  readonly isRefusedBy: (member: ClusterMember) => Promise<boolean>;
  /** Whether this node has the certificate of one of `members`. */
  readonly isAmong: (members: readonly ClusterMember[]) => boolean;
  /** This member as the newest configuration of `blocks` that named it did: `formerMembers`. */
  readonly formerSelf: () => Promise<readonly ClusterMember[]>;
}

export interface EvictionSuspicionOptions extends LookAheadOptions {
  /** Of this node. */
  readonly raftId: number;
}

/**
 * Finds out whether a node that knows no leader was removed from the channel and let go: the others no longer talk to it
 * then, so that neither the log nor a message would ever tell. Fabric: the eviction suspector, which believes the one
 * orderer that claims the most blocks, and gives up its vote at once; here each block between is verified, and the vote
 * kept until the others can do without.
 */
export class EvictionSuspicion {
  readonly #deps: EvictionSuspicionDeps;
  readonly #options: EvictionSuspicionOptions;

  constructor(deps: EvictionSuspicionDeps, options: EvictionSuspicionOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * The number of the block that removed this node, of those that it has or that the other orderers have: the newest one
   * here when `membership`, after it, lacks this node already. `undefined` when there is none as far as they can be had, or
   * when its group may still count on its vote. Stores nothing. Never rejects.
   */
  async releasedBy(membership: Membership, signal: AbortSignal): Promise<number | undefined> {
    const { raftId } = this.#options;
    const record = new MembershipRecord(raftId, membership, this.#deps.blocks.height);
    const ahead = new LookAhead(this.#deps, this.#options);
    let self = record.removal === undefined ? [] : await this.#deps.formerSelf();
    if (record.removal === undefined) {
      await ahead.walk((block) => {
        const { removal, consenterIds } = record;
        const isLast = record.note(block);
        if (isLast && removal === undefined) {
          const before = membersOf(ahead.config.current(), consenterIds);
          self = before.filter((member) => member.raftId === raftId);
        }
        return isLast;
      }, signal);
    }
    const { removal } = record;
    if (removal === undefined || signal.aborted) return undefined;
    // A later change shows that this one was complete: there is one at a time.
    if (record.hasPassed() || (await this.#isLetGo(ahead.config, removal, self))) {
      return removal.number;
    }
    await ahead.walk((block) => record.note(block), signal);
    return record.hasPassed() ? removal.number : undefined;
  }

  // Most of the others refuse it: so many that they need no other vote. A refusal means nothing to one that presents
  // another certificate than it was last known by.
  async #isLetGo(
    config: ChannelConfigRef,
    { number, consenterIds }: Removal,
    self: readonly ClusterMember[],
  ): Promise<boolean> {
    // Between a configuration and the membership that comes with it.
    if (config.current().orderer.consenters.length !== consenterIds.length) return false;
    const members = membersOf(config.current(), consenterIds);
    const answers = await Promise.all(members.map((member) => this.#deps.isRefusedBy(member)));
    const isRefused = answers.filter((each) => each).length > members.length / 2;
    if (!isRefused || this.#deps.isAmong(self)) return isRefused;
    const fields = { channel: this.#options.channelId, block: number };
    this.#deps.logger.warn(
      "this node was removed from the channel, but the others may wait for its vote: start it with the certificate by which they knew it",
      fields,
    );
    return false;
  }
}

/** The first block after which this node is no member, and who is. */
interface Removal {
  readonly number: number;
  readonly consenterIds: readonly number[];
}

/** Who the members are after each block, as far as it was noted, and which block removed this node. */
class MembershipRecord {
  removal: Removal | undefined;
  /** After the newest block that was noted. */
  consenterIds: readonly number[];
  readonly #raftId: number;
  #hasPassed = false;

  constructor(raftId: number, { consenterIds }: Membership, height: number) {
    this.#raftId = raftId;
    this.consenterIds = consenterIds;
    if (!consenterIds.includes(raftId)) this.removal = { number: height - 1, consenterIds };
  }

  /** Whether the members have changed again after it. */
  hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** Whether it has found what was looked for: the removal, or the change after it. */
  note(block: Block): boolean {
    const consenterIds = recordOf(block)?.consenterIds;
    const number = block.header?.number;
    if (consenterIds === undefined || number === undefined) return false;
    const before = new Set(this.consenterIds);
    this.consenterIds = consenterIds;
    if (this.removal === undefined) {
      if (consenterIds.includes(this.#raftId)) return false;
      this.removal = { number, consenterIds };
      return true;
    }
    this.#hasPassed ||=
      consenterIds.length !== before.size || consenterIds.some((id) => !before.has(id));
    return this.#hasPassed;
  }
}
