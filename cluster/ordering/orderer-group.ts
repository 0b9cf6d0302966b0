import type { ChannelConfigRef } from "../../src/channel/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import type {
  ClusterLink,
  ClusterMember,
  ClusterService,
  PeerTransport,
  RaftReplica,
  ReplicaTuning,
} from "../replica/index.ts";
import { ActiveMembers } from "./active-members.ts";
import type { BlockWriter } from "./block-writer.ts";
import type { GroupState } from "./config-updates.ts";
import type { PendingMember } from "./consenter-rules.ts";
import type { Membership } from "./core/membership.ts";
import { Departure, type DepartureDeps } from "./departure.ts";
import { GroupConnections } from "./group-connections.ts";
import { HeardTimes } from "./heard-times.ts";
import { LeaderlessTime } from "./leaderless-time.ts";
import { LEADERLESS_COMPLAINT_MS, MEMBERSHIP_CHECK_MS } from "./limits.ts";
import { OwnNaming } from "./members.ts";
import { MembershipChanges } from "./membership-changes.ts";
import { NewerMembersWatch, type FindNewerMembers, type NewerMembers } from "./newer-members.ts";
import { tuningOf } from "./raft-tuning.ts";

export interface OrdererGroupDeps extends Pick<DepartureDeps, "suspicion" | "retire"> {
  readonly findNewerMembers: FindNewerMembers;
  readonly replica: RaftReplica;
  readonly link: PeerTransport & Pick<ClusterLink, "announce" | "reconfigure">;
  readonly cluster: Pick<ClusterService, "reconfigure">;
  readonly writer: Pick<BlockWriter, "membership">;
  readonly config: ChannelConfigRef;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly meter: Meter;
}

export interface OrdererGroupOptions {
  readonly channelId: string;
  readonly raftId: number;
  readonly serverTlsCert: Uint8Array;
  readonly members: readonly ClusterMember[];
  /** Whom the configuration does not name any more, and Raft may still have: see `formerMembers`. */
  readonly formerMembers: readonly ClusterMember[];
  /** Members that a recovery has cut off: never spoken to again, and never added. */
  readonly cutOffIds: ReadonlySet<number>;
  /** Overrides the channel's own. */
  readonly tickIntervalMs?: number;
  /** Default `EVICTION_SUSPICION_MS`. */
  readonly evictionSuspicionMs?: number;
}

/**
 * The other orderers of a channel, as its configuration names them and as Raft has them: connections and admission follow
 * the configuration, Raft's members follow it too, and a node that it no longer names leaves.
 */
export class OrdererGroup implements GroupState {
  readonly #deps: OrdererGroupDeps;
  readonly #options: OrdererGroupOptions;
  readonly #changes: MembershipChanges;
  readonly #connections: GroupConnections;
  readonly #departure: Departure;
  readonly #newerMembers: NewerMembersWatch;
  readonly #heard: HeardTimes;
  readonly #active: ActiveMembers;
  readonly #leaderless: LeaderlessTime;
  readonly #naming: OwnNaming;
  #timer: Timer | undefined;

  constructor(deps: OrdererGroupDeps, options: OrdererGroupOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#naming = new OwnNaming(options.serverTlsCert);
    this.#heard = new HeardTimes(deps.clock);
    this.#leaderless = new LeaderlessTime(deps.clock);
    const hasAnswered = (raftId: number): boolean => this.#hasAnswered(raftId);
    this.#active = new ActiveMembers({ ...deps, hasAnswered }, options);
    const membership = (): Membership => this.membership();
    const voters = (): { readonly voters: readonly number[] } => ({ voters: this.voterIds() });
    this.#connections = new GroupConnections({ ...deps, membership, voters }, options);
    const isNamed = (): boolean => this.#isNamed();
    const isLed = (): boolean => this.#isLed();
    this.#departure = new Departure({ ...deps, membership, isLed, isNamed }, options);
    const found = (newer: NewerMembers): void => {
      this.#connections.expect(newer);
    };
    const find = deps.findNewerMembers;
    this.#newerMembers = new NewerMembersWatch({ ...deps, find, isLed, found }, options);
    this.#changes = new MembershipChanges(
      {
        ...deps,
        log: deps.replica,
        transport: deps.link,
        heard: this.#heard,
        membership: () => withoutCutOff(this.membership(), options.cutOffIds),
      },
      options,
    );
  }

  /** Resolves when the configuration no longer names this node and the others have let it go. */
  get left(): Promise<void> {
    return this.#departure.done;
  }

  /** Once, after the channel is registered at the cluster service. */
  start(): void {
    this.#connections.check();
    this.#active.publish();
    this.#deps.config.subscribe(() => {
      this.#tune();
      this.#check();
    });
    this.#timer = this.#deps.timers.every(MEMBERSHIP_CHECK_MS, () => {
      this.#check();
    });
    void this.left.then(() => {
      this.stop();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#newerMembers.stop();
    this.#departure.stop();
    this.#active.leave();
  }

  /** A message has come from a member. */
  heard(raftId: number): void {
    this.#heard.note(raftId);
  }

  /** A member has said which ones answer it. */
  told(raftId: number, activeIds: readonly number[]): void {
    this.#active.told(raftId, activeIds);
  }

  /** Whether the configuration gives this member another certificate than the one that this node has. */
  get isReplaced(): boolean {
    return !this.#isNamed() && this.membership().consenterIds.includes(this.#options.raftId);
  }

  /** Whether there has been no leader for longer than an election takes. */
  get isLeaderless(): boolean {
    return this.#leaderless.elapsedMs(0) >= LEADERLESS_COMPLAINT_MS;
  }

  membership(): Membership {
    return this.#deps.writer.membership;
  }

  activeIds(): readonly number[] | undefined {
    return this.#active.ids();
  }

  voterIds(): readonly number[] {
    return this.#deps.replica.configuration.voters;
  }

  #isLed(): boolean {
    const { leaderId } = this.#deps.replica.leadership;
    if (leaderId === undefined) return false;
    return leaderId === this.#options.raftId || this.#hasAnswered(leaderId);
  }

  // Within the time in which a leader is missed: it is heard, or answers, with every heartbeat.
  #hasAnswered(raftId: number): boolean {
    const tuning = this.#tuning();
    if (tuning === undefined) return false;
    return this.#heard.isWithin(raftId, tuning.electionTicks * tuning.tickIntervalMs);
  }

  #tuning(): ReplicaTuning | undefined {
    return tuningOf(this.#deps.config.current(), this.#options.tickIntervalMs);
  }

  // Raft's options are the configuration's from its block on, without a restart.
  #tune(): void {
    const tuning = this.#tuning();
    if (tuning !== undefined) this.#deps.replica.configure(tuning);
  }

  pending(): PendingMember | undefined {
    return this.#changes.pending();
  }

  #check(): void {
    this.#connections.check();
    this.#heard.keep(this.#connections.ids);
    this.#active.publish();
    this.#leaderless.note(this.#isLed());
    const isLeader = this.#deps.replica.leadership.role === "leader";
    if (isLeader && !this.#isNamed()) this.#changes.handOver();
    else this.#changes.check();
    this.#newerMembers.check();
    this.#departure.check();
  }

  #isNamed(): boolean {
    return this.#naming.isIn(this.#deps.config.current());
  }
}

function withoutCutOff(membership: Membership, cutOffIds: ReadonlySet<number>): Membership {
  const consenterIds = membership.consenterIds.filter((id) => !cutOffIds.has(id));
  return { ...membership, consenterIds };
}
