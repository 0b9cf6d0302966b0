import type {
  Entry,
  HardState,
  PersistToken,
  RaftEffects,
  RaftMessage,
  RaftOptions,
  RaftStatus,
  RestoredState,
  Snapshot,
} from "../../../../cluster/raft/index.ts";
import { Raft } from "../../../../cluster/raft/index.ts";
import type { AppendWork, Forwarded, ProposedChange, Ready } from "./ready.ts";
import { appendWorkText, applyWorkText, withResponses } from "./ready.ts";
import { isSameHardState, ScriptedStorage } from "./storage.ts";
import { messageText, softText } from "./text.ts";

/** What was taken from the core and not yet shown. */
interface Taken {
  writes: Pick<RaftEffects, "hardState" | "append" | "persist" | "installSnapshot">[];
  sendNow: RaftMessage[];
  sendAfterPersist: RaftMessage[];
  apply: Entry[];
}

/** What the storage tells its node, travelling among the messages. */
export type LocalReport =
  | { readonly type: "persisted"; readonly tokens: readonly PersistToken[] }
  | { readonly type: "applied"; readonly entries: readonly Entry[] };

/** Work for the storage, and what it is told of it. */
export interface PendingAppend extends AppendWork {
  readonly tokens: readonly PersistToken[];
}

/**
 * One core with the driver's part around it, cut into the steps of a script. etcd shows at once what ours does in two
 * steps: entries that are committed when they arrive are handed out with the write that makes them durable, where our
 * core waits for it. So in a group whose writes are at once, a Ready is shown after them.
 */
export class ScriptedNode {
  readonly id: number;
  readonly options: RaftOptions;
  readonly storage: ScriptedStorage;
  readonly #raft: Raft;
  readonly #isAsync: boolean;
  #taken: Taken = nothing();
  #forwarded: Forwarded[] = [];
  #shownSoft: string;
  #shownHardState: HardState;
  #hardState: HardState;
  readonly appendWork: PendingAppend[] = [];
  readonly applyWork: (readonly Entry[])[] = [];

  constructor(options: RaftOptions, restored: RestoredState, isAsync: boolean) {
    this.id = options.id;
    this.options = options;
    this.storage = new ScriptedStorage(restored.snapshot);
    this.#raft = new Raft(options, restored);
    this.#isAsync = isAsync;
    this.#shownSoft = softText(this.status);
    this.#hardState = restored.hardState;
    this.#shownHardState = restored.hardState;
  }

  get raft(): Raft {
    return this.#raft;
  }

  get status(): RaftStatus {
    return this.#raft.status();
  }

  /** A proposal goes to the leader, with what else is shown next. */
  forward(to: number, proposal: ProposedChange): void {
    this.#forwarded.push({ from: this.id, to, proposal });
  }

  hasReady(): boolean {
    this.#take();
    const { writes, sendNow, sendAfterPersist, apply } = this.#taken;
    const isQuiet = writes.every(({ append, installSnapshot }) => {
      return append.length === 0 && installSnapshot === undefined;
    });
    return (
      !isQuiet ||
      sendNow.length + sendAfterPersist.length + apply.length + this.#forwarded.length > 0 ||
      softText(this.status) !== this.#shownSoft ||
      !isSameHardState(this.#hardState, this.#shownHardState)
    );
  }

  /** Does what the core asks for, and tells what a script shows of it. */
  handleReady(): Ready {
    this.#take();
    return this.#isAsync ? this.#handOver() : this.#performAll();
  }

  /** A report of the storage has arrived. */
  receiveReport(report: LocalReport): void {
    if (report.type === "applied") {
      this.#raft.step({ type: "applied", index: report.entries.at(-1)!.index });
      this.#record(report.entries);
    } else {
      for (const token of report.tokens) this.#raft.step({ type: "persisted", ...token });
    }
  }

  /** The log up to `index` goes. */
  compact(index: number): void {
    this.storage.compactTo(index);
    this.#offerSnapshot();
  }

  #performAll(): Ready {
    const soft = this.#softChange();
    const commitIndex = this.status.commitIndex;
    const { writes, sendNow, sendAfterPersist, apply } = this.#taken;
    this.#taken = nothing();
    const entries = survivors(writes);
    const snapshot = writes.find((write) => write.installSnapshot !== undefined)?.installSnapshot;
    const mustSync = this.#mustSync(entries);
    this.#store(writes);
    this.#apply(apply);
    for (const { persist } of writes) {
      if (persist !== undefined) this.#raft.step({ type: "persisted", ...persist });
    }
    if (snapshot !== undefined) {
      this.#raft.step({ type: "snapshotInstalled", index: snapshot.index });
    }
    const later = this.#applyWritten(commitIndex);
    const messages = [...sendNow, ...sendAfterPersist, ...this.#answersOf(snapshot)];
    return {
      isSynced: mustSync,
      soft,
      hardState: this.#hardStateChange(commitIndex),
      entries,
      snapshot,
      committed: [...apply, ...later],
      messages,
      forwarded: this.#takeForwarded(),
      storageLines: [],
    };
  }

  // What was committed before the write and is now durable: etcd shows it with the write.
  #applyWritten(commitIndex: number): readonly Entry[] {
    const applied: Entry[] = [];
    for (;;) {
      this.#take();
      const entries = this.#taken.apply.filter((entry) => entry.index <= commitIndex);
      if (entries.length === 0) return applied;
      this.#taken.apply = this.#taken.apply.filter((entry) => entry.index > commitIndex);
      this.#apply(entries);
      applied.push(...entries);
    }
  }

  // The acknowledgement of a snapshot comes once the application has it; etcd shows it with the snapshot.
  #answersOf(snapshot: Snapshot | undefined): readonly RaftMessage[] {
    if (snapshot === undefined) return [];
    this.#take();
    const isAnswer = (message: RaftMessage): boolean =>
      message.type === "appendAccepted" && message.index === snapshot.index;
    const taken = this.#taken;
    const answers = [...taken.sendNow, ...taken.sendAfterPersist].filter(isAnswer);
    taken.sendNow = taken.sendNow.filter((message) => !isAnswer(message));
    taken.sendAfterPersist = taken.sendAfterPersist.filter((message) => !isAnswer(message));
    return answers;
  }

  // Everything is given to the storage and the application, which work when the script says so.
  #handOver(): Ready {
    const soft = this.#softChange();
    const { writes, sendNow, sendAfterPersist, apply } = this.#taken;
    this.#taken = nothing();
    const entries = survivors(writes);
    const isSynced = this.#mustSync(entries);
    const hardState = this.#hardStateChange(Number.POSITIVE_INFINITY);
    const responses = [...sendNow.filter(waitsForWrites), ...sendAfterPersist.filter(isAnswer)];
    const messages = [
      ...sendNow.filter((message) => !waitsForWrites(message)),
      ...sendAfterPersist.filter((message) => !isAnswer(message)),
    ];
    const tokens = writes.flatMap(({ persist }) => (persist === undefined ? [] : [persist]));
    const work = { id: this.id, hardState, entries, responses, tokens };
    const storageLines: string[] = [];
    if (hardState !== undefined || entries.length + responses.length > 0) {
      this.appendWork.push(work);
      const answers = responses.map(messageText);
      storageLines.push(...withResponses(appendWorkText(work), answers));
    }
    if (apply.length > 0) {
      this.applyWork.push(apply);
      storageLines.push(...applyWorkText(this.id, apply).split("\n"));
    }
    return {
      isSynced,
      soft,
      hardState,
      entries,
      snapshot: undefined,
      committed: apply,
      messages,
      forwarded: this.#takeForwarded(),
      storageLines,
    };
  }

  #takeForwarded(): readonly Forwarded[] {
    const forwarded = this.#forwarded;
    this.#forwarded = [];
    return forwarded;
  }

  #take(): void {
    this.#raft.checkInvariants();
    const effects = this.#raft.takeEffects();
    const { hardState, append, persist, installSnapshot } = effects;
    if (hardState !== undefined) this.#hardState = hardState;
    this.#taken.writes.push({ hardState, append, persist, installSnapshot });
    this.#taken.sendNow.push(...effects.sendNow);
    this.#taken.sendAfterPersist.push(...effects.sendAfterPersist);
    this.#taken.apply.push(...effects.apply);
  }

  #store(writes: Taken["writes"]): void {
    for (const { append, installSnapshot } of writes) {
      if (installSnapshot !== undefined) this.storage.install(installSnapshot);
      this.storage.append(append);
    }
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#raft.step({ type: "applied", index: entry.index });
      this.#record([entry]);
    }
  }

  #record(entries: readonly Entry[]): void {
    for (const entry of entries) this.storage.apply(entry, this.status.configuration);
    this.#offerSnapshot();
  }

  // In the scripts a follower that needs a snapshot gets what is applied by then.
  #offerSnapshot(): void {
    const { latestSnapshot: snapshot, firstIndex } = this.storage;
    this.#raft.step({ type: "compact", snapshot, keepFromIndex: firstIndex });
  }

  #softChange(): string | undefined {
    const soft = softText(this.status);
    if (soft === this.#shownSoft) return undefined;
    this.#shownSoft = soft;
    return soft;
  }

  #hardStateChange(commitIndexMax: number): HardState | undefined {
    const commit = Math.min(this.#hardState.commit, commitIndexMax);
    const hardState = { ...this.#hardState, commit };
    if (isSameHardState(hardState, this.#shownHardState)) return undefined;
    this.#shownHardState = hardState;
    return hardState;
  }

  #mustSync(entries: readonly Entry[]): boolean {
    const { term, votedFor } = this.#hardState;
    const shown = this.#shownHardState;
    return entries.length > 0 || term !== shown.term || votedFor !== shown.votedFor;
  }
}

function nothing(): Taken {
  return { writes: [], sendNow: [], sendAfterPersist: [], apply: [] };
}

/** Entries of `writes` that no later write replaces. */
function survivors(writes: Taken["writes"]): readonly Entry[] {
  let entries: Entry[] = [];
  for (const { append } of writes) {
    const [first] = append;
    if (first !== undefined) entries = entries.filter((entry) => entry.index < first.index);
    entries.push(...append);
  }
  return entries;
}

/** etcd holds every answer to an append or a request for a vote back until what it stands for is written, refusals too. */
function waitsForWrites(message: RaftMessage): boolean {
  return isAnswer(message) || message.type === "appendRejected";
}

function isAnswer({ type }: RaftMessage): boolean {
  return type === "appendAccepted" || type === "voteAnswer" || type === "preVoteAnswer";
}
