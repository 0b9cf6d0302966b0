import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import { successorAmong, type Leadership, type PeerTransport } from "../replica/index.ts";
import type { PendingMember } from "./consenter-rules.ts";
import {
  membershipStep,
  type MembershipStep,
  type VoterSet,
} from "./core/membership-difference.ts";
import type { Membership } from "./core/membership.ts";
import type { HeardTimes } from "./heard-times.ts";
import { HEARD_MS_MAX } from "./limits.ts";

/** The log whose members change: `RaftReplica`. */
export interface GroupLog {
  readonly leadership: Leadership;
  /** Of `status`, what is asked again and again. */
  readonly configuration: VoterSet;
  status(): GroupStatus;
  /** Refused unless this member leads, and while another change is not applied. */
  proposeConfChange(change: OneChange): unknown;
  transferLeadership(to: number): unknown;
}

/** What a replica says of its group. */
export interface GroupStatus {
  readonly pendingConfIndex: number | undefined;
  readonly appliedIndex: number;
  readonly transferTo: number | undefined;
  /** Of a leader. */
  readonly followers: readonly {
    readonly id: number;
    readonly match: number;
    readonly isActive: boolean;
  }[];
}

interface OneChange {
  readonly transition: "auto";
  readonly ops: readonly { readonly type: "addVoter" | "remove"; readonly id: number }[];
  readonly context: Uint8Array;
}

export interface MembershipChangesDeps {
  readonly log: GroupLog;
  readonly transport: PeerTransport;
  /** After the newest block. */
  readonly membership: () => Membership;
  readonly heard: Pick<HeardTimes, "isWithin">;
  readonly logger: Logger;
}

export interface MembershipChangesOptions {
  readonly channelId: string;
  readonly raftId: number;
}

/**
 * Makes the members of the Raft group those that the newest configuration block names. Only the leader acts, one step at
 * a time, and what it has to do follows from the two sets, so that a new leader goes on by itself.
 *
 * Who is new votes once it answers: a group that counts on a member which is not there may be stuck for good, and one of
 * one member would be at once. Until then the group goes on as it is. A leader that is to go hands leadership over first,
 * and the next one removes it. See docs/decisions/0005.
 */
export class MembershipChanges {
  readonly #deps: MembershipChangesDeps;
  readonly #options: MembershipChangesOptions;
  #announced: string | undefined;

  constructor(deps: MembershipChangesDeps, options: MembershipChangesOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** The member that is added or removed and what it waits for; `undefined` when Raft has the members it should. */
  pending(): PendingMember | undefined {
    const step = this.#step();
    if (step === undefined) return undefined;
    const { raftId } = step;
    if (step.type === "remove") return { raftId, reason: "it is being removed" };
    const reason = this.#isPresent(raftId)
      ? "it is being added"
      : "it is added once it answers, start it and let it join the channel";
    return { raftId, reason };
  }

  /** Takes the next step if this member leads. To be called every `MEMBERSHIP_CHECK_MS`. */
  check(): void {
    const step = this.#step();
    if (step === undefined) {
      this.#announced = undefined;
      return;
    }
    if (this.#deps.log.leadership.role !== "leader") return;
    this.#announce(step);
    if (step.type === "addVoter" && !this.#isPresent(step.raftId)) this.#probe(step.raftId);
    else if (step.type === "remove" && step.raftId === this.#options.raftId) this.handOver();
    else this.#propose(step);
  }

  #step(): MembershipStep | undefined {
    return membershipStep(this.#deps.log.configuration, this.#deps.membership());
  }

  #isPresent(raftId: number): boolean {
    return this.#deps.heard.isWithin(raftId, HEARD_MS_MAX);
  }

  // A heartbeat that commits nothing asks for an answer and for nothing else.
  #probe(raftId: number): void {
    const { term } = this.#deps.log.leadership;
    const { raftId: from } = this.#options;
    this.#deps.transport.send({ type: "heartbeat", from, to: raftId, term, commit: 0 });
  }

  // Refused while another change is not applied yet; tried again at the next check.
  #propose({ type, raftId }: MembershipStep): void {
    const { pendingConfIndex, appliedIndex } = this.#deps.log.status();
    if (pendingConfIndex !== undefined && pendingConfIndex > appliedIndex) return;
    const ops = [{ type, id: raftId }];
    this.#deps.log.proposeConfChange({ transition: "auto", ops, context: EMPTY_BYTES });
  }

  /** Hands leadership, if this member has it, to the most advanced that answers and stays. */
  handOver(): void {
    const { followers, transferTo } = this.#deps.log.status();
    if (transferTo !== undefined) return;
    const { raftId } = this.#options;
    const remaining = this.#deps.membership().consenterIds;
    const to = successorAmong(followers, (id) => id !== raftId && remaining.includes(id));
    if (to !== undefined) void this.#deps.log.transferLeadership(to);
  }

  #announce({ type, raftId }: MembershipStep): void {
    const what = `${type} ${raftId}`;
    if (this.#announced === what) return;
    this.#announced = what;
    const { channelId } = this.#options;
    this.#deps.logger.info("the members of the group change", {
      channel: channelId,
      type,
      member: raftId,
    });
  }
}
