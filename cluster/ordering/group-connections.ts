import type { ChannelConfig, ChannelConfigRef } from "../../src/channel/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { ClusterLink, ClusterMember, ClusterService } from "../replica/index.ts";
import type { VoterSet } from "./core/membership-difference.ts";
import type { Membership } from "./core/membership.ts";
import { LEAVER_GRACE_MS } from "./limits.ts";
import { membersOf } from "./members.ts";

export interface GroupConnectionsDeps {
  readonly link: Pick<ClusterLink, "reconfigure">;
  readonly cluster: Pick<ClusterService, "reconfigure">;
  readonly config: Pick<ChannelConfigRef, "current">;
  readonly membership: () => Membership;
  /** Raft's. */
  readonly voters: () => VoterSet;
  readonly clock: Clock;
}

export interface GroupConnectionsOptions {
  readonly channelId: string;
  readonly members: readonly ClusterMember[];
  /** Whom the configuration does not name any more, and Raft may still have. */
  readonly formerMembers: readonly ClusterMember[];
  /** Members that a recovery has cut off: never spoken to again. */
  readonly cutOffIds: ReadonlySet<number>;
}

interface Leaver {
  readonly member: ClusterMember;
  /** `undefined` while Raft counts on it. */
  readonly untilMs: number | undefined;
}

/**
 * Whom this node calls and from whom it takes calls: those that the configuration names; those that it no longer names for
 * as long as Raft counts on them, and a moment longer, in which the leader tells them that it does not; and who has a new
 * certificate, a moment longer under the old one.
 */
export class GroupConnections {
  readonly #deps: GroupConnectionsDeps;
  readonly #options: GroupConnectionsOptions;
  #members: readonly ClusterMember[];
  #leavers: readonly Leaver[];
  #wired = "";
  #wiredFor: { readonly config: ChannelConfig; readonly membership: Membership } | undefined;

  constructor(deps: GroupConnectionsDeps, options: GroupConnectionsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#members = options.members;
    this.#leavers = options.formerMembers.map((member) => ({ member, untilMs: undefined }));
  }

  /** Raft ids of all of them. */
  get ids(): ReadonlySet<number> {
    const leaving = this.#leavers.map(({ member }) => member);
    return new Set([...this.#members, ...leaving].map(({ raftId }) => raftId));
  }

  /** Brings them up to date. To be called every `MEMBERSHIP_CHECK_MS`. */
  check(): void {
    const config = this.#deps.config.current();
    const membership = this.#deps.membership();
    const isSame = this.#wiredFor?.config === config && this.#wiredFor.membership === membership;
    if (isSame && this.#leavers.length === 0) return;
    const { consenterIds } = membership;
    // Between a configuration and the membership that comes with it; the next check finds both.
    if (consenterIds.length !== config.orderer.consenters.length) return;
    const members = membersOf(config, consenterIds).filter(
      ({ raftId }) => !this.#options.cutOffIds.has(raftId),
    );
    this.#wiredFor = { config, membership };
    this.#leavers = this.#remaining(members);
    this.#members = members;
    this.#wire(config.sequence);
  }

  #wire(sequence: number): void {
    const leaving = this.#leavers.map(({ member }) => member);
    const wired = `${sequence} ${leaving.map(({ raftId }) => raftId).join()}`;
    if (wired === this.#wired) return;
    this.#wired = wired;
    const ids = new Set(this.#members.map(({ raftId }) => raftId));
    const reached = leaving.filter(({ raftId }) => !ids.has(raftId));
    this.#deps.link.reconfigure([...this.#members, ...reached]);
    this.#deps.cluster.reconfigure(this.#options.channelId, [...leaving, ...this.#members]);
  }

  #remaining(members: readonly ClusterMember[]): readonly Leaver[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const known = new Set(this.#leavers.map(({ member }) => member));
    const replaced = this.#members
      .filter((member) => {
        const next = members.find(({ raftId }) => raftId === member.raftId);
        return !known.has(member) && !isSameCertificate(member, next);
      })
      .map((member) => ({ member, untilMs: undefined }));
    const ids = new Set(members.map(({ raftId }) => raftId));
    const { voters } = this.#deps.voters();
    return [...this.#leavers, ...replaced]
      .map(({ member, untilMs }): Leaver => {
        const { raftId } = member;
        const isNeeded = !ids.has(raftId) && voters.includes(raftId);
        return { member, untilMs: isNeeded ? undefined : (untilMs ?? nowMs + LEAVER_GRACE_MS) };
      })
      .filter(({ untilMs = Infinity }) => nowMs < untilMs);
  }
}

function isSameCertificate(member: ClusterMember, next: ClusterMember | undefined): boolean {
  return next !== undefined && equalBytes(member.clientTlsCertPem, next.clientTlsCertPem);
}
