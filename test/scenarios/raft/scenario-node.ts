import type {
  Entry,
  HardState,
  RaftEffects,
  RaftEvent,
  RaftMessage,
  RaftOptions,
  RaftStatus,
} from "../../../cluster/raft/index.ts";
import { Raft } from "../../../cluster/raft/index.ts";
import type { RestoredState } from "../../../cluster/raft/restored-state.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";

/** Ticks of an election timeout, before the jitter, and between heartbeats. */
export const ELECTION_TICKS = 10;

/** What the node hands to the world around it. */
export interface NodeSurroundings {
  send(message: RaftMessage): void;
  /** After every step. */
  observe(node: ScenarioNode, effects: RaftEffects): void;
}

/** A core with the driver's part around it and a disk that keeps what was flushed, and nothing else, over a crash. */
export class ScenarioNode {
  readonly id: number;
  readonly #around: NodeSurroundings;
  readonly #start: RestoredState;
  readonly #options: Partial<RaftOptions>;
  readonly #written: RaftEffects[] = [];
  #raft: Raft | undefined;
  #startCount = 0;
  #isDiskStalled = false;
  /** What a restart finds. */
  hardState: HardState;
  entries: readonly Entry[];
  /** What this node's application was given, over all its lives; a repetition must be the same. */
  readonly applied: Map<number, Entry> = new Map();

  constructor(
    id: number,
    start: RestoredState,
    options: Partial<RaftOptions>,
    around: NodeSurroundings,
  ) {
    this.id = id;
    this.#around = around;
    this.#start = start;
    this.#options = options;
    this.hardState = start.hardState;
    this.entries = start.entries;
    this.restart();
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
        ...this.#options,
      },
      { ...this.#start, hardState: this.hardState, entries: this.entries },
    );
    this.#drain();
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

  #drain(): void {
    const { raft } = this;
    raft.checkInvariants();
    const effects = raft.takeEffects();
    this.#around.observe(this, effects);
    for (const message of effects.sendNow) this.#around.send(message);
    if (effects.hardState !== undefined || effects.persist !== undefined) {
      this.#written.push(effects);
    }
    for (const entry of effects.apply) this.applied.set(entry.index, entry);
    const last = effects.apply.at(-1);
    if (last !== undefined) this.step({ type: "applied", index: last.index });
    if (!this.#isDiskStalled) this.#flush();
  }

  #flush(): void {
    for (;;) {
      const batch = this.#written.shift();
      if (batch === undefined) return;
      if (batch.hardState !== undefined) this.hardState = batch.hardState;
      const [first] = batch.append;
      if (first !== undefined) {
        const kept = this.entries.filter((entry) => entry.index < first.index);
        this.entries = [...kept, ...batch.append];
      }
      for (const message of batch.sendAfterPersist) this.#around.send(message);
      if (batch.persist !== undefined) this.step({ type: "persisted", ...batch.persist });
    }
  }
}
