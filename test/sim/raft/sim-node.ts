import { utf8 } from "../../../src/kernel/bytes.ts";
import type {
  ConfChange,
  ConfChangeOp,
  PersistToken,
  RaftEffects,
  RaftEvent,
  RaftMessage,
  RaftStatus,
} from "../../../cluster/raft/index.ts";
import { Raft } from "../../../cluster/raft/index.ts";
import type { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import type { SimDisk } from "./disk.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Observation } from "./observation.ts";
import type { Profile } from "./profile.ts";
import type { Sabotage } from "./sabotage.ts";
import { sabotageReceived, sabotageSent } from "./sabotage.ts";

/** Time between two ticks; an election timeout is 10 of them. */
export const TICK_MS = 100;
export const ELECTION_TICKS = 10;

/** What a node needs of the world around it. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly profile: Profile;
  readonly sabotage: Sabotage;
  send(message: RaftMessage): void;
  observe(observation: Observation): void;
  /** Of all nodes, in the order of their ids from 1. */
  readonly disks: readonly SimDisk[];
}

/** One machine: a Raft core that may crash, the driver's part around it, a disk and an application. */
export class SimNode {
  readonly id: number;
  readonly disk: SimDisk;
  readonly #around: Surroundings;
  readonly #random: SeededRandom;
  #raft: Raft | undefined;
  #status: RaftStatus | undefined;
  #incarnation = 0;
  #appliedIndex = 0;
  #diskFreeMs = 0;
  #flushMsMax: number;
  #applyMsMax: number;
  #crashOnPromisePermille: number;
  #isCalm = false;
  #blockedUntilMs = 0;

  constructor(id: number, around: Surroundings, random: SeededRandom) {
    this.id = id;
    this.#around = around;
    this.#random = random;
    this.#flushMsMax = around.profile.flushMsMax;
    this.#applyMsMax = around.profile.applyMsMax;
    this.#crashOnPromisePermille = around.profile.crashOnPromisePermille;
    this.disk = around.disks[id - 1]!;
  }

  /** `undefined` while crashed. */
  get status(): RaftStatus | undefined {
    return this.#raft === undefined ? undefined : this.#status;
  }

  start(): void {
    if (this.#raft !== undefined) return;
    this.#incarnation += 1;
    const hardState = { ...this.disk.hardState };
    if (this.#around.sabotage === "forgetsVote") hardState.votedFor = undefined;
    // An application may hold less than it was given, but never more than the log.
    const least = this.disk.snapshot.index;
    this.#appliedIndex = Math.max(least, this.#random.below(this.#appliedIndex + 1));
    const random = this.#random.child(`raft ${this.#incarnation}`);
    const { profile } = this.#around;
    this.#raft = new Raft(
      {
        id: this.id,
        electionTicks: ELECTION_TICKS,
        heartbeatTicks: 1,
        messageBytesMax: profile.messageBytesMax,
        inflightMessagesMax: profile.inflightMessagesMax,
        inflightBytesMax: 4 * profile.messageBytesMax,
        pendingBytesMax: 8_192,
        applyBytesMax: 256,
        preVote: profile.preVote,
        random,
      },
      {
        hardState,
        snapshot: this.disk.snapshot,
        entries: this.disk.entries,
        appliedIndex: this.#appliedIndex,
      },
    );
    this.#status = this.#raft.status();
    this.#later(this.#random.below(TICK_MS), () => {
      this.#tick();
    });
  }

  crash(): void {
    if (this.#raft === undefined || this.#isCalm) return;
    this.#raft = undefined;
    this.#diskFreeMs = 0;
    this.disk.crash(this.#random);
  }

  /** Nothing is flushed for `durationMs`. */
  stallDisk(durationMs: number): void {
    this.#diskFreeMs = Math.max(this.#diskFreeMs, this.#around.queue.nowMs + durationMs);
  }

  /** From now on disk and application are fast and the node crashes no more. */
  calm(): void {
    this.#isCalm = true;
    this.#flushMsMax = 2;
    this.#applyMsMax = 2;
    this.#crashOnPromisePermille = 0;
  }

  get isBlocked(): boolean {
    return this.#blockedUntilMs > this.#around.queue.nowMs;
  }

  /** Its loop does nothing for `durationMs`: what arrives and what is due waits, in order; of the ticks only one. */
  block(durationMs: number): void {
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, this.#around.queue.nowMs + durationMs);
  }

  receive(message: RaftMessage): void {
    if (this.isBlocked) {
      this.#later(0, () => {
        this.receive(message);
      });
      return;
    }
    this.step({ type: "message", message: sabotageReceived(this.#around.sabotage, message) });
  }

  /** Makes a snapshot of what the application holds and drops the log before it, but for the last `kept` entries. */
  compact(kept: number): void {
    const { status } = this;
    if (this.#raft === undefined || status === undefined) return;
    const { appliedIndex: index, configuration } = status;
    const term = this.disk.entryAt(index)?.term;
    if (term === undefined || status.installingIndex !== undefined) return;
    const snapshot = { index, term, configuration, data: utf8(`state ${index}`) };
    this.disk.compact(snapshot);
    this.step({ type: "compact", snapshot, keepFromIndex: index + 1 - kept });
  }

  /** Proposes a change of the members at this node. */
  change(transition: ConfChange["transition"], ops: readonly ConfChangeOp[], name: string): void {
    const change = { transition, ops, context: utf8("") };
    this.step({ type: "proposeConfChange", change, data: utf8(name), kind: "v2" });
  }

  /** Proposes at this node. Returns whether it was taken. */
  propose(data: Uint8Array): boolean {
    let isAccepted = false;
    this.#stepWith("propose", (raft) => {
      isAccepted = raft.propose([data]).accepted;
    });
    return isAccepted;
  }

  step(event: RaftEvent): void {
    this.#stepWith(event.type, (raft) => {
      raft.step(event);
    });
  }

  #stepWith(event: RaftEvent["type"], action: (raft: Raft) => void): void {
    const raft = this.#raft;
    const before = this.#status;
    if (raft === undefined || before === undefined) return;
    action(raft);
    raft.checkInvariants();
    const effects = raft.takeEffects();
    const after = raft.status();
    this.#status = after;
    this.#around.observe({
      nodeId: this.id,
      incarnation: this.#incarnation,
      event,
      before,
      after,
      effects,
      disks: this.#around.disks,
      entryAt: (index) =>
        index < after.firstIndex ? undefined : raft.entries(index - 1, index)[0],
    });
    this.#perform(effects);
  }

  #perform(effects: RaftEffects): void {
    this.#send(effects.sendNow);
    const position = this.disk.write(effects);
    if (effects.persist !== undefined) this.#flush(position, effects.persist, effects);
    const last = effects.apply.at(-1);
    if (last !== undefined) this.#apply(last.index);
    if (effects.sendAfterPersist.length > 0) this.#maybeCrash();
  }

  // Flushes finish in order.
  #flush(position: number, token: PersistToken, effects: RaftEffects): void {
    const { sendAfterPersist, installSnapshot } = effects;
    const isEarly = this.#around.sabotage === "acksBeforeFlush";
    if (isEarly) this.#send(sendAfterPersist);
    const { queue } = this.#around;
    const startMs = Math.max(this.#diskFreeMs, queue.nowMs);
    this.#diskFreeMs = startMs + 1 + this.#random.below(this.#flushMsMax);
    this.#later(this.#diskFreeMs - queue.nowMs, () => {
      this.disk.flushTo(position);
      if (!isEarly) this.#send(sendAfterPersist);
      this.step({ type: "persisted", ...token });
      if (installSnapshot !== undefined) this.#install(installSnapshot.index);
    });
  }

  // What was to be applied before is applied meanwhile, or never.
  #install(index: number): void {
    this.#later(this.#random.below(this.#applyMsMax), () => {
      if (index < this.#appliedIndex) return;
      this.#appliedIndex = index;
      this.step({ type: "snapshotInstalled", index });
    });
  }

  // Applications finish out of order; the driver reports the furthest once.
  #apply(index: number): void {
    this.#later(this.#random.below(this.#applyMsMax), () => {
      if (index <= this.#appliedIndex) return;
      this.#appliedIndex = index;
      this.step({ type: "applied", index });
    });
  }

  #maybeCrash(): void {
    if (this.#random.below(1_000) >= this.#crashOnPromisePermille) return;
    // Sometimes before the promise is durable, sometimes right after it was sent.
    const delayMs = this.#random.below(2) === 0 ? 0 : this.#diskFreeMs - this.#around.queue.nowMs;
    this.#later(Math.max(delayMs, 0), () => {
      this.crash();
    });
    this.#around.queue.schedule(delayMs + 1 + this.#random.below(2_000), () => {
      this.start();
    });
  }

  #send(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      const lastIndex = this.#status?.lastIndex ?? 0;
      this.#around.send(sabotageSent(this.#around.sabotage, message, lastIndex));
    }
  }

  #tick(): void {
    this.step({ type: "tick" });
    this.#later(TICK_MS, () => {
      this.#tick();
    });
  }

  // Nothing that a crashed incarnation had in hand happens to the next one.
  #later(delayMs: number, run: () => void): void {
    const incarnation = this.#incarnation;
    const { queue } = this.#around;
    queue.schedule(delayMs, () => {
      if (this.#raft === undefined || this.#incarnation !== incarnation) return;
      const waitMs = this.#blockedUntilMs - queue.nowMs;
      if (waitMs > 0) this.#later(waitMs, run);
      else run();
    });
  }
}
