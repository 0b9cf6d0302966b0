import type {
  ConfChangeOp,
  Entry,
  EntryId,
  HardState,
  RaftEffects,
  RaftEvent,
  RaftMessage,
  RaftOptions,
  RaftStatus,
  RestoredState,
  Snapshot,
} from "../../../cluster/raft/index.ts";
import { Raft } from "../../../cluster/raft/index.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";

/** Ticks of an election timeout, before the jitter, and between heartbeats. */
export const ELECTION_TICKS = 10;

/** What the node hands to the world around it. */
export interface NodeSurroundings {
  send(message: RaftMessage): void;
  /** After every step. */
  observe(node: ScenarioNode, effects: RaftEffects): void;
  /** The application of `node` has taken `entry`. */
  applied(node: ScenarioNode, entry: Entry): void;
}

/** A core with the driver's part around it and a disk that keeps what was flushed, and nothing else, over a crash. */
export class ScenarioNode {
  readonly id: number;
  readonly #around: NodeSurroundings;
  readonly #options: Partial<RaftOptions>;
  readonly #start: RestoredState;
  #mayVote = true;
  readonly #written: RaftEffects[] = [];
  #raft: Raft | undefined;
  #startCount = 0;
  #isDiskStalled = false;
  /** Reads that may go on. */
  readCount = 0;
  /** What a restart finds. */
  hardState: HardState;
  snapshot: Snapshot;
  entries: readonly Entry[];
  /** What this node's application was given, over all its lives; a repetition must be the same. */
  readonly applied: Map<number, Entry> = new Map();
  /** What the application holds, on disk. */
  #applied: EntryId;
  #digest: number;

  constructor(
    id: number,
    start: RestoredState,
    options: Partial<RaftOptions>,
    around: NodeSurroundings,
  ) {
    this.id = id;
    this.#around = around;
    this.#options = options;
    this.#start = start;
    this.hardState = start.hardState;
    this.snapshot = start.snapshot;
    this.entries = start.entries;
    this.#applied = { index: start.appliedIndex, term: start.snapshot.term };
    this.#digest = 0;
    this.restart();
  }

  /** Stands for everything that the application was given, in order. */
  get digest(): number {
    return this.#digest;
  }

  get isUp(): boolean {
    return this.#raft !== undefined;
  }

  get raft(): Raft {
    if (this.#raft === undefined) throw new Error(`node ${this.id} is down`);
    return this.#raft;
  }

  get status(): RaftStatus {
    return this.raft.status();
  }

  /** Terms of the log in memory, from index 1. */
  get terms(): readonly number[] {
    return this.raft.entries(0, this.status.lastIndex).map((entry) => entry.term);
  }

  /** What was written and not flushed is gone, and so is everything in memory. */
  crash(): void {
    this.#raft = undefined;
    this.#written.length = 0;
    this.#isDiskStalled = false;
  }

  /** Starts with what the disk holds. */
  restart(): void {
    if (this.#raft !== undefined) return;
    this.#startCount += 1;
    const random = new SeededRandom(this.id * 1_000 + this.#startCount);
    this.#raft = new Raft(
      {
        id: this.id,
        electionTicks: ELECTION_TICKS,
        heartbeatTicks: 1,
        messageBytesMax: 1_024,
        inflightMessagesMax: 4,
        inflightBytesMax: 4_096,
        pendingBytesMax: 65_536,
        applyBytesMax: 65_536,
        random,
        mayVote: this.#mayVote,
        ...this.#options,
      },
      {
        hardState: this.hardState,
        snapshot: this.snapshot,
        entries: this.entries,
        appliedIndex: this.#applied.index,
      },
    );
    this.#drain();
  }

  /** Everything that it ever wrote is gone, and it starts as a node that may have forgotten a vote. */
  loseDisk(): void {
    this.crash();
    this.hardState = this.#start.hardState;
    this.snapshot = this.#start.snapshot;
    this.entries = this.#start.entries;
    this.#applied = { index: this.#start.appliedIndex, term: this.#start.snapshot.term };
    this.#digest = 0;
    this.#mayVote = false;
    this.restart();
  }

  /** From now on writes wait. */
  stallDisk(): void {
    this.#isDiskStalled = true;
  }

  /** The writes that waited are flushed, in order. */
  resumeDisk(): void {
    this.#isDiskStalled = false;
    this.#flush();
  }

  /** The oldest write that waits is flushed. */
  flushOne(): void {
    const batch = this.#written.shift();
    if (batch !== undefined) this.#store(batch);
  }

  step(event: RaftEvent): void {
    if (this.#raft === undefined) return;
    this.#raft.step(event);
    this.#drain();
  }

  /** Whether the proposal was taken. */
  propose(text: string): boolean {
    const result = this.raft.propose([new TextEncoder().encode(text)]);
    this.#drain();
    return result.accepted;
  }

  /** Proposes to change the members by `ops`. Whether it was taken. */
  change(...ops: readonly ConfChangeOp[]): boolean {
    const change = { transition: "auto", ops, context: new Uint8Array() } as const;
    const result = this.raft.proposeConfChange(change, Uint8Array.of(1), "v2");
    this.#drain();
    return result.accepted;
  }

  /** Replaces the log by what is applied, but for its last `keepCount` entries. */
  compact(keepCount: number): void {
    const { index, term } = this.#applied;
    if (index <= this.snapshot.index) return;
    const { configuration } = this.status;
    const data = new Uint8Array(Uint32Array.of(this.#digest).buffer);
    this.snapshot = { index, term, configuration, data };
    this.entries = this.entries.filter((entry) => entry.index > index);
    const keepFromIndex = Math.max(this.status.firstIndex, index + 1 - keepCount);
    this.step({ type: "compact", snapshot: this.snapshot, keepFromIndex });
  }

  #apply(entry: Entry): void {
    if (entry.index !== this.#applied.index + 1) {
      throw new Error(`node ${this.id} is given entry ${entry.index} after ${this.#applied.index}`);
    }
    this.applied.set(entry.index, entry);
    this.#applied = { index: entry.index, term: entry.term };
    this.#digest = mixed(this.#digest, entry);
  }

  #install(snapshot: Snapshot): void {
    if (snapshot.index <= this.#applied.index) {
      throw new Error(`node ${this.id} goes back to snapshot ${snapshot.index}`);
    }
    this.#applied = { index: snapshot.index, term: snapshot.term };
    this.#digest = new Uint32Array(snapshot.data.slice().buffer)[0] ?? 0;
    this.step({ type: "snapshotInstalled", index: snapshot.index });
  }

  #drain(): void {
    const { raft } = this;
    raft.checkInvariants();
    const effects = raft.takeEffects();
    this.#around.observe(this, effects);
    this.readCount += effects.readStates.length;
    for (const message of effects.sendNow) this.#around.send(message);
    if (effects.hardState !== undefined || effects.persist !== undefined) {
      this.#written.push(effects);
    }
    for (const entry of effects.apply) {
      this.#apply(entry);
      this.#around.applied(this, entry);
    }
    const last = effects.apply.at(-1);
    if (last !== undefined) this.step({ type: "applied", index: last.index });
    if (!this.#isDiskStalled) this.#flush();
  }

  #flush(): void {
    for (let batch = this.#written.shift(); batch !== undefined; batch = this.#written.shift()) {
      this.#store(batch);
    }
  }

  #store(batch: RaftEffects): void {
    if (batch.hardState !== undefined) this.hardState = batch.hardState;
    if (batch.installSnapshot !== undefined) {
      this.snapshot = batch.installSnapshot;
      this.entries = [];
    }
    const [first] = batch.append;
    if (first !== undefined) {
      const kept = this.entries.filter((entry) => entry.index < first.index);
      this.entries = [...kept, ...batch.append];
    }
    for (const message of batch.sendAfterPersist) this.#around.send(message);
    if (batch.persist !== undefined) this.step({ type: "persisted", ...batch.persist });
    if (batch.installSnapshot !== undefined) this.#install(batch.installSnapshot);
  }
}

function mixed(digest: number, entry: Entry): number {
  let hash = digest ^ entry.index ^ Math.imul(entry.term, 0x01000193);
  for (const byte of entry.data) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return Math.imul(hash ^ 0x811c9dc5, 0x01000193) >>> 0;
}
