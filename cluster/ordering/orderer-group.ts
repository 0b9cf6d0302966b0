import type { ChannelConfig, ChannelConfigRef } from "../../src/channel/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import type {
  ClusterLink,
  ClusterMember,
  ClusterService,
  RaftReplica,
  ReplicaTuning,
} from "../replica/index.ts";
import type { BlockWriter } from "./block-writer.ts";
import type { GroupState } from "./config-updates.ts";
import type { PendingMember } from "./consenter-rules.ts";
import type { EvictionSuspicion } from "./eviction-suspicion.ts";
import type { Membership } from "./core/membership.ts";
import {
  EVICTED_LEADERLESS_MS,
  EVICTION_SUSPICION_MS,
  MEMBERSHIP_CHECK_MS,
  ROTATED_GRACE_MS,
} from "./limits.ts";
import { isConsenterOf, membersOf } from "./members.ts";
import { MembershipChanges } from "./membership-changes.ts";
import { tuningOf } from "./raft-tuning.ts";

export interface OrdererGroupDeps {
  readonly replica: RaftReplica;
  readonly link: ClusterLink;
  readonly cluster: ClusterService;
  readonly writer: Pick<BlockWriter, "membership">;
  readonly config: ChannelConfigRef;
  readonly suspicion: Pick<EvictionSuspicion, "evictedBy">;
  /** Stops ordering and brings the blocks up to this one, unless `signal` is aborted before: then it is false. */
  readonly retire: (number: number, signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export interface OrdererGroupOptions {
  readonly channelId: string;
  readonly raftId: number;
  readonly serverTlsCert: Uint8Array;
  readonly members: readonly ClusterMember[];
  /** Members that a recovery has cut off: never spoken to again, and never added. */
  readonly cutOffIds: ReadonlySet<number>;
  /** Overrides the channel's own. */
  readonly tickIntervalMs?: number;
  /** Default `EVICTION_SUSPICION_MS`. */
  readonly evictionSuspicionMs?: number;
}

interface Leaver {
  readonly member: ClusterMember;
  readonly sinceMs: number;
}

/**
 * The other orderers of a channel, as its configuration names them and as Raft has them: connections and admission follow
 * the configuration, Raft's members follow it too, and a node that it no longer names leaves.
 */
export class OrdererGroup implements GroupState {
  /** Resolves when the configuration no longer names this node and the others have let it go. */
  readonly left: Promise<void>;
  readonly #deps: OrdererGroupDeps;
  readonly #options: OrdererGroupOptions;
  readonly #changes: MembershipChanges;
  #resolveLeft: () => void = () => undefined;
  #members: readonly ClusterMember[];
  // Members of before: until Raft has removed them, or, with an old certificate, for a moment.
  #leavers: readonly Leaver[] = [];
  // When each member was heard from.
  readonly #heardMs = new Map<number, number>();
  #wired = "";
  #wiredFor: { readonly config: ChannelConfig; readonly membership: Membership } | undefined;
  #named: { readonly config: ChannelConfig; readonly isNamed: boolean } | undefined;
  #timer: Timer | undefined;
  #leaderlessSinceMs: number | undefined;
  // Since when it is leaderless and has not looked at the others' blocks; while it looks, and once it goes, Infinity.
  #unsuspectedSinceMs = 0;
  readonly #stopping = new AbortController();

  constructor(deps: OrdererGroupDeps, options: OrdererGroupOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#members = options.members;
    this.left = new Promise((resolve) => {
      this.#resolveLeft = resolve;
    });
    this.#changes = new MembershipChanges(
      {
        ...deps,
        log: deps.replica,
        transport: deps.link,
        membership: () => withoutCutOff(this.membership(), options.cutOffIds),
      },
      options,
    );
  }

  /** Once, after the channel is registered at the cluster service. */
  start(): void {
    this.#deps.config.subscribe(() => {
      this.#tune();
      this.#check();
    });
    this.#timer = this.#deps.timers.every(MEMBERSHIP_CHECK_MS, () => {
      this.#check();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopping.abort();
  }

  /** A message has come from a member. */
  heard(raftId: number): void {
    this.#heardMs.set(raftId, this.#deps.clock.monotonicMs());
    this.#changes.heard(raftId);
  }

  membership(): Membership {
    return this.#deps.writer.membership;
  }

  activeIds(): readonly number[] | undefined {
    const { role, followers } = this.#deps.replica.status();
    if (role !== "leader") return undefined;
    const ids = followers.map(({ id }) => id);
    return [this.#options.raftId, ...ids.filter((id) => this.#hasAnswered(id))];
  }

  voterIds(): readonly number[] {
    return this.#deps.replica.status().configuration.voters;
  }

  // Within the time in which a leader is missed: it answers every heartbeat.
  #hasAnswered(raftId: number): boolean {
    const tuning = this.#tuning();
    const heardMs = this.#heardMs.get(raftId);
    if (tuning === undefined || heardMs === undefined) return false;
    const windowMs = tuning.electionTicks * tuning.tickIntervalMs;
    return this.#deps.clock.monotonicMs() - heardMs <= windowMs;
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
    this.#wire();
    const isLeader = this.#deps.replica.leadership.role === "leader";
    if (isLeader && !this.#isNamed()) this.#changes.handOver();
    else this.#changes.check();
    this.#countLeaderless();
    this.#noticeEviction();
    this.#maybeSuspect();
  }

  // What the configuration names, and who is on the way out.
  #wire(): void {
    const config = this.#deps.config.current();
    const membership = this.membership();
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
    const leaving = this.#leavers.map(({ member }) => member);
    const wired = `${config.sequence} ${leaving.map(({ raftId }) => raftId).join()}`;
    if (wired === this.#wired) return;
    this.#wired = wired;
    this.#members = members;
    const ids = new Set(members.map(({ raftId }) => raftId));
    const reached = leaving.filter(({ raftId }) => !ids.has(raftId));
    this.#deps.link.reconfigure([...members, ...reached]);
    this.#deps.cluster.reconfigure(this.#options.channelId, [...leaving, ...members]);
  }

  #remaining(members: readonly ClusterMember[]): readonly Leaver[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const known = new Set(this.#leavers.map(({ member }) => member));
    const replaced = this.#members.filter((member) => {
      const next = members.find(({ raftId }) => raftId === member.raftId);
      return !known.has(member) && !isSameCertificate(member, next);
    });
    const { voters } = this.#deps.replica.status().configuration;
    const leavers = [...this.#leavers, ...replaced.map((member) => ({ member, sinceMs: nowMs }))];
    const ids = new Set(members.map(({ raftId }) => raftId));
    return leavers.filter(({ member, sinceMs }) => {
      const isRotated = ids.has(member.raftId);
      return isRotated ? nowMs - sinceMs < ROTATED_GRACE_MS : voters.includes(member.raftId);
    });
  }

  // Certificates are parsed for it: once for each configuration.
  #isNamed(): boolean {
    const config = this.#deps.config.current();
    if (this.#named?.config !== config) {
      this.#named = { config, isNamed: isConsenterOf(config, this.#options.serverTlsCert) };
    }
    return this.#named.isNamed;
  }

  // Its vote may be needed for its own removal: it leaves when it knows that it is removed, or nobody leads it any more.
  #noticeEviction(): void {
    if (this.#isNamed()) return;
    const { raftId } = this.#options;
    const { voters } = this.#deps.replica.status().configuration;
    // Another node has its id now, and there is nobody to hand over to.
    const isReplaced = voters.length === 1 && this.membership().consenterIds.includes(raftId);
    const isRemoved = isReplaced || !voters.includes(raftId);
    if (isRemoved || this.#leaderlessMs() >= EVICTED_LEADERLESS_MS) this.#leave();
  }

  #countLeaderless(): void {
    const { leaderId } = this.#deps.replica.leadership;
    if (leaderId !== undefined) this.#leaderlessSinceMs = undefined;
    else this.#leaderlessSinceMs ??= this.#deps.clock.monotonicMs();
  }

  #leaderlessMs(): number {
    const nowMs = this.#deps.clock.monotonicMs();
    return nowMs - (this.#leaderlessSinceMs ?? nowMs);
  }

  // One that was removed while it was away hears of it from nobody. One that stands by has the others' blocks anyway.
  #maybeSuspect(): void {
    const { evictionSuspicionMs = EVICTION_SUSPICION_MS } = this.#options;
    const sinceMs = Math.max(this.#leaderlessSinceMs ?? Infinity, this.#unsuspectedSinceMs);
    const isDue = this.#deps.clock.monotonicMs() - sinceMs >= evictionSuspicionMs;
    if (!isDue || this.#deps.replica.standsBy !== undefined || this.#stopping.signal.aborted)
      return;
    this.#unsuspectedSinceMs = Infinity;
    this.#suspect().catch((error: unknown) => {
      const fields = { channel: this.#options.channelId, reason: errorMessage(error) };
      this.#deps.logger.error("cannot bring the blocks up to this node's removal", fields);
    });
  }

  async #suspect(): Promise<void> {
    const { signal } = this.#stopping;
    const number = await this.#deps.suspicion.evictedBy(signal);
    if (signal.aborted) return;
    const isLeaderless = this.#deps.replica.leadership.leaderId === undefined;
    if (number === undefined || !isLeaderless) {
      this.#unsuspectedSinceMs = this.#deps.clock.monotonicMs();
      return;
    }
    const fields = { channel: this.#options.channelId, block: number };
    this.#deps.logger.warn("this node was removed from the channel while it was away", fields);
    if (await this.#deps.retire(number, signal)) this.#leave();
  }

  #leave(): void {
    this.stop();
    this.#deps.logger.warn(
      "this node is no longer a consenter of the channel and leaves its group",
      {
        channel: this.#options.channelId,
      },
    );
    this.#resolveLeft();
  }
}

function withoutCutOff(membership: Membership, cutOffIds: ReadonlySet<number>): Membership {
  const consenterIds = membership.consenterIds.filter((id) => !cutOffIds.has(id));
  return { ...membership, consenterIds };
}

function isSameCertificate(member: ClusterMember, next: ClusterMember | undefined): boolean {
  return next !== undefined && equalBytes(member.clientTlsCertPem, next.clientTlsCertPem);
}
