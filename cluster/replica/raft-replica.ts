import { errorMessage } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import {
  Raft,
  initialSnapshot,
  isIdle,
  type Entry,
  type ProposeResult,
  type RaftEffects,
  type RaftEvent,
  type RaftMessage,
  type RaftStatus,
  type RaftTrace,
} from "../raft/index.ts";
import { bootstrapLog, firstCampaigner } from "./bootstrap.ts";
import { APPLY_BYTES_MAX, INFLIGHT_BYTES_MAX, PENDING_BYTES_MAX } from "./limits.ts";
import { replicaMetrics, type ReplicaMetrics } from "./metrics.ts";
import type { RaftReplicaOptions } from "./options.ts";
import type { Leadership, PeerTransport, ReplicaApplication } from "./ports.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export interface RaftReplicaDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly transport: PeerTransport;
}

/**
 * Drives one Raft core: feeds it ticks, messages and proposals, and performs its effects in the order it asks for.
 *
 * The log is written before anything that depends on it is sent; entries are applied one call at a time, in order. When
 * the disk or the application fails the replica stops for good and says so; the process goes on.
 */
export class RaftReplica {
  readonly #deps: RaftReplicaDeps;
  readonly #options: RaftReplicaOptions;
  readonly #labels: { readonly channel: string };
  readonly #metrics: ReplicaMetrics;
  readonly #log: WriteAheadLog;
  readonly #core: Raft;
  // Held until the start, for `recoveredEntry`.
  #recovered: readonly Entry[];
  #application: ReplicaApplication | undefined;
  #ticker: Timer | undefined;
  #leadership: Leadership;
  // Ticks since the start without ever having seen a leader, in a group that has never had one.
  #leaderlessTicks = 0;
  #isNewGroup: boolean;
  #isPumping = false;
  #isStopped = false;
  #toApply: Entry[] = [];
  #applying: Promise<void> | undefined;

  /**
   * Opens the log, or starts one as a member of a new group. `appliedIndex` is the last entry whose effect the
   * application holds. Throws `ReplicaError` for a log that cannot be used, `RaftError` for one that lacks what it had.
   */
  static async open(
    deps: RaftReplicaDeps,
    options: RaftReplicaOptions,
    appliedIndex: number,
  ): Promise<RaftReplica> {
    const owner = `${options.channelId}/${options.raftId}`;
    const { directory, voters } = options;
    const { log, recovered } = await WriteAheadLog.open(deps, { directory, owner });
    try {
      const isEmpty = recovered.hardState === undefined && recovered.entries.length === 0;
      const isNew = isEmpty && appliedIndex === 0;
      const { hardState = NOTHING, entries } = isNew ? bootstrapLog(voters) : recovered;
      if (isNew) await log.append({ hardState, entries });
      const snapshot = initialSnapshot(voters);
      const restored = { hardState, snapshot, entries, appliedIndex };
      const core = new Raft(coreOptions(deps, options), restored);
      return new RaftReplica(deps, options, log, core, entries);
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  private constructor(
    deps: RaftReplicaDeps,
    options: RaftReplicaOptions,
    log: WriteAheadLog,
    core: Raft,
    recovered: readonly Entry[],
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#labels = { channel: options.channelId };
    this.#metrics = replicaMetrics(deps.meter);
    this.#log = log;
    this.#core = core;
    this.#recovered = recovered;
    this.#leadership = leadershipOf(core.status());
    // Nothing but the members' own entries: nobody has led yet.
    this.#isNewGroup = recovered.every((entry) => entry.type === "confChange");
  }

  /** The entry that the log held at `index` when it was opened. Before the start only. */
  recoveredEntry(index: number): Entry | undefined {
    return this.#recovered[index - (this.#recovered[0]?.index ?? 0)];
  }

  /** Begins to take part. Once. */
  start(application: ReplicaApplication): void {
    this.#application = application;
    this.#recovered = [];
    this.#metrics.clusterSize.set(this.#options.voters.length, this.#labels);
    this.#metrics.isLeader.set(0, this.#labels);
    this.#ticker = this.#deps.timers.every(this.#options.tickIntervalMs, () => {
      this.#tick();
    });
    if (this.#isFirstCampaigner()) this.#step({ type: "campaign" });
  }

  /** Takes a message from another member. The caller has made sure that it comes from `message.from`. */
  receive(message: RaftMessage): void {
    this.#step({ type: "message", message });
  }

  /** Says that the connection to a member broke, so that what was sent to it may be lost. */
  unreachable(raftId: number): void {
    this.#step({ type: "unreachable", id: raftId });
  }

  /** Appends `data`, one entry each and none empty, if this member leads. */
  propose(data: readonly Uint8Array[]): ProposeResult {
    if (this.#isStopped) return { accepted: false, reason: "not leader", leaderId: undefined };
    const result = this.#core.propose(data);
    this.#pump();
    return result;
  }

  /** Hands leadership to another member, if this one leads. */
  transferLeadership(to: number): void {
    this.#step({ type: "transfer", to });
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  status(): RaftStatus {
    return this.#core.status();
  }

  /** Stops taking part, after the flush and the apply under way. Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    await this.#applying;
    await this.#log.close();
  }

  #tick(): void {
    if (this.#isNewGroup && this.#leadership.leaderId === undefined) {
      this.#leaderlessTicks += 1;
      const interval = 2 * this.#options.heartbeatTicks;
      if (this.#leaderlessTicks % interval === 0 && this.#isFirstCampaigner()) {
        this.#step({ type: "campaign" });
      }
    }
    this.#step({ type: "tick" });
    this.#measure();
  }

  // A member alone has nobody to wait for; of a new group one begins at once, so that it need not wait for a timeout.
  #isFirstCampaigner(): boolean {
    const { raftId, channelId, voters } = this.#options;
    if (voters.length === 1) return true;
    return this.#isNewGroup && raftId === firstCampaigner(channelId, voters.length);
  }

  #step(event: RaftEvent): void {
    if (this.#isStopped || this.#application === undefined) return;
    this.#core.step(event);
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let more = true; more && !this.#isStopped;) {
        const effects = this.#core.takeEffects();
        more = !isIdle(effects);
        if (more) this.#perform(effects);
      }
    } finally {
      this.#isPumping = false;
    }
    this.#noticeLeadership();
  }

  #perform(effects: RaftEffects): void {
    for (const event of effects.trace) this.#report(event);
    for (const message of effects.sendNow) this.#deps.transport.send(message);
    if (effects.persist !== undefined) this.#persist(effects);
    else if (effects.hardState !== undefined) this.#log.defer(effects.hardState);
    if (effects.apply.length > 0) {
      this.#toApply.push(...effects.apply);
      this.#applying ??= this.#applyAll();
    }
  }

  #persist(effects: RaftEffects): void {
    const { persist, hardState, append, sendAfterPersist } = effects;
    if (persist === undefined) return;
    const startMs = this.#deps.clock.monotonicMs();
    this.#log.append({ hardState, entries: append }).then(
      () => {
        if (this.#isStopped) return;
        const seconds = (this.#deps.clock.monotonicMs() - startMs) / 1000;
        this.#metrics.persistSeconds.observe(seconds, this.#labels);
        for (const message of sendAfterPersist) this.#deps.transport.send(message);
        this.#step({ type: "persisted", ...persist });
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
  }

  async #applyAll(): Promise<void> {
    while (this.#toApply.length > 0 && !this.#isStopped) {
      const entries = this.#toApply;
      this.#toApply = [];
      try {
        await this.#application?.apply(entries);
      } catch (error) {
        this.#fail(error);
        break;
      }
      this.#step({ type: "applied", index: entries.at(-1)?.index ?? 0 });
    }
    this.#applying = undefined;
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#stop();
    this.#deps.logger.error("ordering of this channel has stopped", {
      ...this.#labels,
      reason: errorMessage(error),
    });
    this.#application?.failed(error instanceof Error ? error : new Error(errorMessage(error)));
  }

  #stop(): void {
    this.#isStopped = true;
    this.#ticker?.cancel();
    this.#metrics.isLeader.set(0, this.#labels);
  }

  #noticeLeadership(): void {
    const before = this.#leadership;
    const now = leadershipOf(this.#core.status());
    const isSame =
      now.role === before.role && now.term === before.term && now.leaderId === before.leaderId;
    if (isSame || this.#isStopped) return;
    this.#leadership = now;
    if (now.leaderId !== undefined) this.#isNewGroup = false;
    if (now.leaderId !== undefined && now.leaderId !== before.leaderId) {
      this.#metrics.leaderChanges.add(1, this.#labels);
    }
    this.#metrics.isLeader.set(now.role === "leader" ? 1 : 0, this.#labels);
    this.#application?.leadershipChanged(now);
  }

  #measure(): void {
    const { role, followers } = this.#core.status();
    const active = followers.filter((follower) => follower.isActive).length + 1;
    this.#metrics.activeNodes.set(role === "leader" ? active : 0, this.#labels);
  }

  #report(event: RaftTrace): void {
    const fields = { ...this.#labels, raftId: this.#options.raftId, ...event };
    switch (event.type) {
      case "becameLeader":
        this.#deps.logger.info("became leader", fields);
        return;
      case "leaderFound":
        this.#deps.logger.info("found the leader", fields);
        return;
      case "becameFollower":
        this.#deps.logger.debug("became follower", fields);
        return;
      case "snapshotSent":
      case "snapshotReceived":
      case "snapshotRefused":
      case "compacted":
      case "configurationChanged":
      case "configurationUnchanged":
      case "readmitted":
        this.#deps.logger.info("raft event", fields);
        return;
      case "messageIgnored":
        this.#deps.logger.debug("ignored a message", fields);
        return;
      case "becamePreCandidate":
      case "becameCandidate":
      case "voteGranted":
      case "voteRefused":
      case "appended":
      case "truncated":
      case "committed":
      case "proposalRefused":
      case "transferStarted":
      case "transferRefused":
      case "transferAborted":
      case "campaignRefused":
      case "leaderForgotten":
      case "readRefused":
        this.#deps.logger.trace("raft event", fields);
    }
  }
}

const NOTHING = { term: 0, votedFor: undefined, commit: 0 } as const;

function leadershipOf({ role, term, leaderId }: RaftStatus): Leadership {
  return { role, term, leaderId };
}

function coreOptions(
  deps: RaftReplicaDeps,
  options: RaftReplicaOptions,
): ConstructorParameters<typeof Raft>[0] {
  const { raftId: id, electionTicks, heartbeatTicks, messageBytesMax } = options;
  return {
    id,
    electionTicks,
    heartbeatTicks,
    messageBytesMax,
    inflightMessagesMax: options.inflightMessagesMax,
    inflightBytesMax: Math.max(INFLIGHT_BYTES_MAX, messageBytesMax),
    pendingBytesMax: Math.max(PENDING_BYTES_MAX, messageBytesMax),
    applyBytesMax: APPLY_BYTES_MAX,
    random: deps.random,
  };
}
