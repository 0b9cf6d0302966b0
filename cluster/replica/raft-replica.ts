import { errorMessage } from "../../src/kernel/error.ts";
import { assert } from "../../src/kernel/assert.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Meter } from "../../src/kernel/ports/meter.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import {
  Raft,
  isIdle,
  type ConfChange,
  type ConfChangeKind,
  type Entry,
  type ProposeResult,
  type RaftConfiguration,
  type RaftEffects,
  type RaftEvent,
  type RaftMessage,
  type RaftStatus,
  type RaftTuning,
  type Snapshot,
} from "../raft/index.ts";
import { ApplyLine } from "./apply-line.ts";
import { firstCampaigner } from "./bootstrap.ts";
import { Bystander } from "./bystander.ts";
import { encodeConfChangeV1, encodeConfChangeV2 } from "./configuration-codec.ts";
import { DiskRoom } from "./disk-room.ts";
import { ReplicaError } from "./errors.ts";
import {
  APPLY_BYTES_MAX,
  DISK_FREE_BYTES_MIN,
  INFLIGHT_BYTES_MAX,
  PENDING_BYTES_MAX,
  SNAPSHOT_CATCH_UP_ENTRIES,
} from "./limits.ts";
import { replicaMetrics, type ReplicaMetrics } from "./metrics.ts";
import { boundedTuning, type RaftReplicaOptions, type ReplicaTuning } from "./options.ts";
import type { Leadership, PeerTransport, ReplicaApplication } from "./ports.ts";
import { ReadWaiters } from "./read-waiters.ts";
import { startOf, type ReplicaStart } from "./replica-start.ts";
import { successorAmong } from "./successor.ts";
import { logTrace } from "./trace-log.ts";
import { TransferWaiter, type TransferResult } from "./transfer-waiter.ts";
import type { WriteAheadLog } from "./write-ahead-log.ts";

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
  #options: RaftReplicaOptions;
  readonly #labels: { readonly channel: string };
  readonly #metrics: ReplicaMetrics;
  readonly #log: WriteAheadLog;
  readonly #core: Raft;
  readonly #room: DiskRoom;
  readonly #bystander: Bystander | undefined;
  readonly #reads = new ReadWaiters();
  readonly #transfer: TransferWaiter;
  // Held until the start.
  #begin: ReplicaStart | undefined;
  #line: ApplyLine | undefined;
  #application: ReplicaApplication | undefined;
  #ticker: Timer | undefined;
  #leadership: Leadership;
  // Ticks since the start without ever having seen a leader, in a group that has never had one.
  #leaderlessTicks = 0;
  #isNewGroup: boolean;
  #isPumping = false;
  #isStopped = false;
  // Bytes of entries applied since the newest snapshot.
  #unsavedBytes = 0;
  // Resolves when the newest batch is durable.
  #writing: Promise<void> = Promise.resolve();

  /**
   * Opens the log, or starts one as a member of a new group or as one that was added to a group. `appliedIndex` is the
   * last entry whose effect the application holds. A log that is damaged is put aside: see `standsBy`. Throws
   * `ReplicaError` for a log that cannot be used, `RaftError` for one that lacks what it had.
   */
  static async open(
    deps: RaftReplicaDeps,
    given: RaftReplicaOptions,
    appliedIndex: number,
  ): Promise<RaftReplica> {
    const options = boundedTuning(given);
    const start = await startOf(deps, options, appliedIndex);
    try {
      const core = new Raft(coreOptions(deps, options), start.restored);
      return new RaftReplica(deps, options, start, core);
    } catch (error) {
      await start.log.close();
      throw error;
    }
  }

  private constructor(
    deps: RaftReplicaDeps,
    options: RaftReplicaOptions,
    start: ReplicaStart,
    core: Raft,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#labels = { channel: options.channelId };
    this.#metrics = replicaMetrics(deps.meter);
    this.#log = start.log;
    this.#core = core;
    this.#begin = start;
    this.#isNewGroup = start.isNewGroup;
    this.#transfer = new TransferWaiter(deps.timers);
    this.standsBy = start.forgotten;
    this.#bystander =
      start.forgotten === undefined ? undefined : new Bystander(options.electionTicks);
    this.#leadership = this.#leadershipNow();
    const { directory, diskFreeBytesMin: freeBytesMin = DISK_FREE_BYTES_MIN } = options;
    this.#room = new DiskRoom(deps, { directory, freeBytesMin }, (freeBytes) => {
      this.#checkedRoom(freeBytes);
    });
  }

  /**
   * Why this member takes no part: its log was damaged or lost, and with it what it promised. It neither votes nor
   * acknowledges until it has been removed from the group and added with another id; its application gets no entries.
   */
  readonly standsBy: string | undefined;

  /** Why nothing is ordered here at the moment, though the member takes part. */
  get readOnly(): string | undefined {
    return this.#room.level === "enough" && !this.#isFull
      ? undefined
      : "the orderer's disk is nearly full: it takes transactions again when there is room";
  }

  /** The entry that the log held at `index` when it was opened. Before the start only. */
  recoveredEntry(index: number): Entry | undefined {
    const entries = this.#begin?.restored.entries ?? [];
    return entries[index - (entries[0]?.index ?? 0)];
  }

  /** The snapshot that the log held when it was opened. Before the start only. */
  recoveredSnapshot(): Snapshot | undefined {
    const snapshot = this.#begin?.restored.snapshot;
    return snapshot === undefined || snapshot.index === 0 ? undefined : snapshot;
  }

  /** Begins to take part. Once. */
  start(application: ReplicaApplication): void {
    const begin = this.#begin;
    assert(begin !== undefined, "a replica starts once");
    this.#begin = undefined;
    this.#application = application;
    this.#line = new ApplyLine(application, {
      applied: (entries) => this.#applied(entries),
      restored: (snapshot) => {
        // One that was missing at the start is not on its way from a leader.
        if (this.#core.status().installingIndex === undefined) return;
        this.#step({ type: "snapshotInstalled", index: snapshot.index });
      },
      failed: (error) => {
        this.#fail(error);
      },
    });
    if (begin.missing !== undefined && this.standsBy === undefined) {
      this.#line.restore(begin.missing, Promise.resolve());
    }
    this.#measureMembers();
    this.#metrics.isLeader.set(0, this.#labels);
    this.#metrics.standsBy.set(this.standsBy === undefined ? 0 : 1, this.#labels);
    this.#metrics.snapshotIndex.set(begin.restored.snapshot.index, this.#labels);
    this.#startTicking();
    this.#room.start();
    this.#pump();
    this.#campaignFirst();
  }

  /** Takes a message from another member. The caller has made sure that it comes from `message.from`. */
  receive(message: RaftMessage): void {
    // Without room the log, or the application, could not take what these bring.
    const isHeavy =
      message.type === "snapshot" || (message.type === "append" && message.entries.length > 0);
    if (isHeavy && (this.#room.level === "none" || this.#isFull)) return;
    if (this.#bystander !== undefined) {
      this.#bystander.hear(message);
      this.#noticeLeadership();
    } else this.#step({ type: "message", message });
  }

  /** Says that the connection to a member broke, so that what was sent to it may be lost. */
  unreachable(raftId: number): void {
    this.#step({ type: "unreachable", id: raftId });
  }

  /** Says whether a snapshot message has left for a member. */
  snapshotReport(raftId: number, ok: boolean): void {
    this.#step({ type: "snapshotReport", id: raftId, ok });
  }

  /** From now on these times and sizes hold; what is under way goes on. To be called again with each configuration. */
  configure(tuning: ReplicaTuning): void {
    const { tickIntervalMs } = this.#options;
    this.#options = boundedTuning({ ...this.#options, ...tuning });
    if (this.#isStopped) return;
    this.#bystander?.configure(this.#options.electionTicks);
    const isRunning = this.#ticker !== undefined;
    if (isRunning && this.#options.tickIntervalMs !== tickIntervalMs) this.#startTicking();
    this.#step({ type: "configure", tuning: coreTuning(this.#options) });
  }

  /** Appends `data`, one entry each and none empty, if this member leads. */
  propose(data: readonly Uint8Array[]): ProposeResult {
    if (this.#isIdle()) return NOT_LEADING;
    if (this.readOnly !== undefined)
      return { accepted: false, reason: "busy", leaderId: undefined };
    const result = this.#core.propose(data);
    this.#pump();
    return result;
  }

  /**
   * Appends a change of the members, if this member leads. "v1" carries one operation, which is the form that Fabric's
   * orderers write. In force at each member once that has applied it.
   */
  proposeConfChange(change: ConfChange, kind: ConfChangeKind = "v1"): ProposeResult {
    if (this.#isIdle()) return NOT_LEADING;
    const [op] = change.ops;
    assert(kind === "v2" || (op !== undefined && change.ops.length === 1), "v1 is one operation");
    const data =
      kind === "v1" && op !== undefined
        ? encodeConfChangeV1(op, change.context)
        : encodeConfChangeV2(change);
    const result = this.#core.proposeConfChange(change, data, kind);
    this.#pump();
    return result;
  }

  /**
   * The entry that must be applied before a read sees everything that was committed before this call (thesis §6.4).
   * Rejects with `ReplicaError` "read_refused" when leadership changes meanwhile or too many wait: ask again.
   */
  readIndex(): Promise<number> {
    if (this.#isIdle() || this.#leadership.leaderId === undefined) {
      return Promise.reject(new ReplicaError("read_refused", "the channel has no leader"));
    }
    const { context, answer } = this.#reads.add();
    if (context !== undefined) this.#step({ type: "readIndex", context });
    return answer;
  }

  /** Hands leadership to another member, if this one leads; answers what came of it. */
  transferLeadership(to: number): Promise<TransferResult> {
    if (this.#leadership.role !== "leader") return Promise.resolve("not leader");
    const timeoutMs = 2 * this.#options.electionTicks * this.#options.tickIntervalMs;
    const result = this.#transfer.wait(to, timeoutMs);
    this.#step({ type: "transfer", to });
    return result;
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  get configuration(): RaftConfiguration {
    return this.#core.configuration;
  }

  status(): RaftStatus {
    return this.#core.status();
  }

  /** Stops taking part, after the flush and the apply under way. Idempotent. */
  async close(): Promise<void> {
    this.#stop();
    // Of a channel that the node has left nothing may look as if it went on.
    this.#metrics.isLeader.set(0, this.#labels);
    this.#metrics.clusterSize.set(0, this.#labels);
    await this.#line?.stop();
    await this.#log.close();
  }

  // The disk has refused something, whatever it says of its free bytes.
  get #isFull(): boolean {
    return this.#log.isFull || this.#application?.isFull === true;
  }

  #isIdle(): boolean {
    return this.#isStopped || this.#bystander !== undefined;
  }

  #startTicking(): void {
    this.#ticker?.cancel();
    this.#ticker = this.#deps.timers.every(this.#options.tickIntervalMs, () => {
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#bystander !== undefined) {
      this.#bystander.tick();
      this.#noticeLeadership();
      return;
    }
    if (this.#isNewGroup && this.#leadership.leaderId === undefined) {
      this.#leaderlessTicks += 1;
      const interval = 2 * this.#options.heartbeatTicks;
      if (this.#leaderlessTicks % interval === 0) this.#campaignFirst();
    }
    this.#step({ type: "tick" });
    this.#measureMembers();
  }

  // A member alone has nobody to wait for; of a new group one begins at once, so that it need not wait for a timeout.
  #isFirstCampaigner(): boolean {
    const { raftId, channelId, voters } = this.#options;
    if (voters.length === 1) return true;
    return this.#isNewGroup && raftId === firstCampaigner(channelId, voters.length);
  }

  // Not before the members that the log names are in force.
  #campaignFirst(): void {
    const { commitIndex, appliedIndex } = this.#core.status();
    if (!this.#isFirstCampaigner() || appliedIndex < commitIndex) return;
    this.#step({ type: "campaign" });
  }

  #step(event: RaftEvent): void {
    if (this.#isIdle() || this.#application === undefined) return;
    this.#core.step(event);
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping || this.#isIdle()) return;
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
    const fields = { ...this.#labels, raftId: this.#options.raftId };
    for (const event of effects.trace) logTrace(this.#deps.logger, event, fields);
    for (const message of effects.sendNow) this.#deps.transport.send(message);
    if (effects.persist !== undefined) this.#persist(effects);
    else if (effects.hardState !== undefined) this.#log.defer(effects.hardState);
    if (effects.installSnapshot !== undefined) {
      this.#unsavedBytes = 0;
      this.#line?.restore(effects.installSnapshot, this.#writing);
    }
    if (effects.apply.length > 0) this.#line?.apply(effects.apply);
    for (const read of effects.readStates) this.#reads.answer(read);
  }

  #persist(effects: RaftEffects): void {
    const { persist, hardState, installSnapshot, append, sendAfterPersist } = effects;
    if (persist === undefined) return;
    const startMs = this.#deps.clock.monotonicMs();
    const written = this.#log.append({ hardState, installSnapshot, entries: append });
    this.#writing = written.then(() => {
      if (this.#isStopped) return;
      const seconds = (this.#deps.clock.monotonicMs() - startMs) / 1000;
      this.#metrics.persistSeconds.observe(seconds, this.#labels);
      for (const message of sendAfterPersist) this.#deps.transport.send(message);
      this.#step({ type: "persisted", ...persist });
      if (installSnapshot !== undefined) this.#shorten(installSnapshot);
    });
    this.#writing.catch((error: unknown) => {
      this.#fail(error);
    });
  }

  async #applied(entries: readonly Entry[]): Promise<void> {
    const last = entries.at(-1);
    assert(last !== undefined, "some entries are applied");
    this.#step({ type: "applied", index: last.index });
    if (this.#leadership.leaderId === undefined) this.#campaignFirst();
    for (const { data } of entries) this.#unsavedBytes += data.length;
    const interval = this.#application?.snapshotIntervalBytes() ?? Infinity;
    if (this.#unsavedBytes >= interval) await this.#takeSnapshot(last);
  }

  // Nothing is applied meanwhile, so the configuration in force is that after `last`.
  async #takeSnapshot({ index, term }: Entry): Promise<void> {
    const { configuration } = this.#core.status();
    const data = await this.#application?.snapshotData();
    const isSuperseded = this.#core.status().snapshotIndex >= index;
    if (data === undefined || isSuperseded || this.#isStopped) return;
    const snapshot = { index, term, configuration, data };
    await this.#log.takeSnapshot(snapshot);
    this.#unsavedBytes = 0;
    const keepFromIndex = Math.max(
      this.#core.status().firstIndex,
      index + 1 - SNAPSHOT_CATCH_UP_ENTRIES,
    );
    this.#step({ type: "compact", snapshot, keepFromIndex });
    this.#shorten(snapshot);
  }

  #shorten({ index }: Snapshot): void {
    this.#metrics.snapshotIndex.set(index, this.#labels);
    this.#log.removeUpTo(index).catch((error: unknown) => {
      this.#fail(error);
    });
  }

  #checkedRoom(freeBytes: number): void {
    if (this.#isStopped) return;
    this.#metrics.diskFreeBytes.set(freeBytes, this.#labels);
    this.#metrics.isReadOnly.set(this.readOnly === undefined ? 0 : 1, this.#labels);
    if (this.#log.isFull) this.#log.retry();
    if (this.readOnly === undefined || this.#leadership.role !== "leader") return;
    const { followers, configuration } = this.#core.status();
    const to = successorAmong(followers, (id) => configuration.voters.includes(id));
    if (to !== undefined) this.#step({ type: "transfer", to });
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
    this.#room.stop();
    this.#reads.refuse("the channel has stopped");
    this.#transfer.end("failed");
    this.#metrics.isLeader.set(0, this.#labels);
    // The others hear nothing of it any more, and elect another.
    const { role, term } = this.#leadership;
    if (role !== "follower") this.#leadership = { role: "follower", term, leaderId: undefined };
  }

  #leadershipNow(): Leadership {
    if (this.#bystander !== undefined) return this.#bystander.leadership;
    return this.#core.leadership();
  }

  #noticeLeadership(): void {
    const before = this.#leadership;
    const now = this.#leadershipNow();
    const isSame =
      now.role === before.role && now.term === before.term && now.leaderId === before.leaderId;
    if (isSame || this.#isStopped) return;
    this.#leadership = now;
    this.#transfer.notice(now);
    this.#reads.refuse("leadership has changed");
    if (now.leaderId !== undefined) this.#isNewGroup = false;
    if (now.leaderId !== undefined && now.leaderId !== before.leaderId) {
      this.#metrics.leaderChanges.add(1, this.#labels);
    }
    this.#metrics.isLeader.set(now.role === "leader" ? 1 : 0, this.#labels);
    this.#application?.leadershipChanged(now);
  }

  #measureMembers(): void {
    const { configuration } = this.#core.status();
    const size = configuration.voters.length || this.#options.voters.length;
    this.#metrics.clusterSize.set(size, this.#labels);
  }
}

const NOT_LEADING = { accepted: false, reason: "not leader", leaderId: undefined } as const;

function coreOptions(
  deps: RaftReplicaDeps,
  options: RaftReplicaOptions,
): ConstructorParameters<typeof Raft>[0] {
  return {
    id: options.raftId,
    ...coreTuning(options),
    applyBytesMax: APPLY_BYTES_MAX,
    random: deps.random,
  };
}

function coreTuning(tuning: ReplicaTuning): Required<RaftTuning> {
  const { electionTicks, heartbeatTicks, messageBytesMax, inflightMessagesMax } = tuning;
  return {
    electionTicks,
    heartbeatTicks,
    messageBytesMax,
    inflightMessagesMax,
    inflightBytesMax: Math.max(INFLIGHT_BYTES_MAX, messageBytesMax),
    pendingBytesMax: Math.max(PENDING_BYTES_MAX, messageBytesMax),
  };
}
