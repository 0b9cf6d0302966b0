import type { ChannelConfig, ChannelConfigRef } from "../../src/channel/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { ClusterLink, ClusterMember, ClusterService } from "../replica/index.ts";
import type { VoterSet } from "./core/membership-difference.ts";
import type { Membership } from "./core/membership.ts";
import { LEAVER_GRACE_MS } from "./limits.ts";
import { membersOf } from "./members.ts";
import type { NewerMembers } from "./newer-members.ts";

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

/** What they were last wired for. */
interface Wired {
  readonly config: ChannelConfig;
  readonly membership: Membership;
  readonly newer: NewerMembers | undefined;
}

/**
 * Whom this node calls and from whom it takes calls: those that the configuration names; those that it no longer names for
 * as long as Raft counts on them, and a moment longer, in which the leader tells them that it does not; who has a new
 * certificate, a moment longer under the old one; and those that a newer configuration names, which others have already.
 */
export class GroupConnections {
  readonly #deps: GroupConnectionsDeps;
  readonly #options: GroupConnectionsOptions;
  #members: readonly ClusterMember[];
  #leavers: readonly Leaver[];
  #wired = "";
  #wiredFor: Wired | undefined;
  #newer: NewerMembers | undefined;

  constructor(deps: GroupConnectionsDeps, options: GroupConnectionsOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#members = options.members;
    this.#leavers = options.formerMembers.map((member) => ({ member, untilMs: undefined }));
  }

  /** Raft ids of all of them. */
  get ids(): ReadonlySet<number> {
    const leaving = this.#leavers.map(({ member }) => member);
    const all = [...this.#members, ...leaving, ...this.#coming];
    return new Set(all.map(({ raftId }) => raftId));
  }

  /** Takes note of members that a configuration names which is not in force here yet. Of several the newest counts. */
  expect(newer: NewerMembers): void {
    if (newer.sequence <= (this.#newer?.sequence ?? 0)) return;
    this.#newer = { ...newer, members: this.#notCutOff(newer.members) };
    this.check();
  }

  /** Brings them up to date. To be called every `MEMBERSHIP_CHECK_MS`. */
  check(): void {
    const config = this.#deps.config.current();
    const membership = this.#deps.membership();
    if (this.#newer !== undefined && this.#newer.sequence <= config.sequence) {
      this.#newer = undefined;
    }
    const isSame =
      this.#wiredFor?.config === config &&
      this.#wiredFor.membership === membership &&
      this.#wiredFor.newer === this.#newer;
    if (isSame && this.#leavers.length === 0) return;
    const { consenterIds } = membership;
    // Between a configuration and the membership that comes with it; the next check finds both.
    if (consenterIds.length !== config.orderer.consenters.length) return;
    const members = this.#notCutOff(membersOf(config, consenterIds));
    this.#wiredFor = { config, membership, newer: this.#newer };
    this.#leavers = this.#remaining(members);
    this.#members = members;
    this.#wire(config.sequence);
  }

  get #coming(): readonly ClusterMember[] {
    return this.#newer?.members ?? [];
  }

  #notCutOff(members: readonly ClusterMember[]): readonly ClusterMember[] {
    return members.filter(({ raftId }) => !this.#options.cutOffIds.has(raftId));
  }

  #wire(sequence: number): void {
    const leaving = this.#leavers.map(({ member }) => member);
    const leavingIds = leaving.map(({ raftId }) => raftId).join();
    const wired = `${sequence} ${this.#newer?.sequence ?? 0} ${leavingIds}`;
    if (wired === this.#wired) return;
    this.#wired = wired;
    this.#deps.link.reconfigure(oneOfEach([...this.#coming, ...this.#members, ...leaving]));
    this.#deps.cluster.reconfigure(this.#options.channelId, [
      ...leaving,
      ...this.#members,
      ...this.#coming,
    ]);
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

// Each member has one place: where the first of these says.
function oneOfEach(members: readonly ClusterMember[]): readonly ClusterMember[] {
  const places = new Map<number, ClusterMember>();
  for (const member of members) {
    if (!places.has(member.raftId)) places.set(member.raftId, member);
  }
  return [...places.values()];
}

function isSameCertificate(member: ClusterMember, next: ClusterMember | undefined): boolean {
  return next !== undefined && equalBytes(member.clientTlsCertPem, next.clientTlsCertPem);
}
