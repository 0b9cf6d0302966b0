import type { Entry } from "../../../../cluster/raft/entry.ts";
import type { ConfChange, ConfChangeOp } from "../../../../cluster/raft/configuration.ts";
import type { RaftEffects, ReadState } from "../../../../cluster/raft/effects.ts";
import type { RaftEvent } from "../../../../cluster/raft/event.ts";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import type { RaftOptions } from "../../../../cluster/raft/options.ts";
import { Raft } from "../../../../cluster/raft/raft.ts";
import type { ProposeResult } from "../../../../cluster/raft/proposal.ts";
import type { RestoredState } from "../../../../cluster/raft/restored-state.ts";
import { emptyState } from "../../../../cluster/raft/restored-state.ts";
import type { Snapshot } from "../../../../cluster/raft/snapshot.ts";
import type { RaftStatus } from "../../../../cluster/raft/status.ts";
import type { Random } from "../../../../src/kernel/ports/random.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";

/** Every election timeout is `electionTicks` exactly. */
export const NO_JITTER: Random = {
  uint32: () => 0,
  below: () => 0,
  bytes: (length: number) => new Uint8Array(length),
};

export function optionsOf(id: number, overrides: Partial<RaftOptions> = {}): RaftOptions {
  return {
    id,
    electionTicks: 10,
    heartbeatTicks: 1,
    messageBytesMax: 1_024,
    inflightMessagesMax: 4,
    inflightBytesMax: 4_096,
    pendingBytesMax: 65_536,
    applyBytesMax: 65_536,
    random: NO_JITTER,
    ...overrides,
  };
}

/** One entry per term given, from index 1. */
export function entriesOf(...terms: readonly number[]): Entry[] {
  return terms.map((term, position) => ({
    index: position + 1,
    term,
    type: "normal",
    data: utf8(`${position + 1} of ${term}`),
  }));
}

/** The stored state of a node in a group of `voters` whose log has one entry per term. */
export function stateOf(
  voters: readonly number[],
  terms: readonly number[],
  overrides: Partial<RestoredState["hardState"]> = {},
): RestoredState {
  return {
    ...emptyState(voters),
    entries: entriesOf(...terms),
    hardState: { term: terms.at(-1) ?? 0, votedFor: undefined, commit: 0, ...overrides },
  };
}

/** A core with its invariants checked after each step, and a disk that a test may hold back. */
export class TestNode {
  readonly id: number;
  readonly raft: Raft;
  readonly applied: Entry[] = [];
  readonly installed: Snapshot[] = [];
  readonly reads: ReadState[] = [];
  /** What was handed out with a token and not yet reported as durable. */
  readonly #unpersisted: RaftEffects[] = [];
  #sent: RaftMessage[] = [];
  #isDiskHeld = false;
  #isApplyHeld = false;

  constructor(options: RaftOptions, restored: RestoredState) {
    this.id = options.id;
    this.raft = new Raft(options, restored);
  }

  get status(): RaftStatus {
    return this.raft.status();
  }

  get terms(): number[] {
    const { firstIndex, lastIndex } = this.status;
    return this.raft.entries(firstIndex - 1, lastIndex).map((entry) => entry.term);
  }

  /** From now on nothing becomes durable until `releaseDisk`. */
  holdDisk(): void {
    this.#isDiskHeld = true;
  }

  releaseDisk(): void {
    this.#isDiskHeld = false;
    this.#persist();
  }

  /** From now on nothing is applied until `releaseApply`. */
  holdApply(): void {
    this.#isApplyHeld = true;
  }

  releaseApply(): void {
    this.#isApplyHeld = false;
    const last = this.applied.at(-1);
    if (last !== undefined) this.step({ type: "applied", index: last.index });
  }

  /** Reports the oldest batch as durable, also while the disk is held. */
  persistOne(): void {
    const effects = this.#unpersisted.shift();
    if (effects?.persist === undefined) return;
    this.#sent.push(...effects.sendAfterPersist);
    this.step({ type: "persisted", ...effects.persist });
    if (effects.installSnapshot === undefined) return;
    this.installed.push(effects.installSnapshot);
    this.step({ type: "snapshotInstalled", index: effects.installSnapshot.index });
  }

  /** Makes a snapshot of everything applied, and keeps the last `kept` entries that it stands for. */
  compact(kept: number, data = ""): Snapshot {
    const { appliedIndex: index, configuration } = this.status;
    const [entry] = this.raft.entries(index - 1, index);
    const snapshot = { index, term: entry!.term, configuration, data: utf8(data) };
    this.step({ type: "compact", snapshot, keepFromIndex: index + 1 - kept });
    return snapshot;
  }

  /** Proposes a change of the members by its steps. */
  change(
    ops: readonly ConfChangeOp[],
    transition: ConfChange["transition"] = "auto",
  ): ProposeResult {
    const change = { transition, ops, context: new Uint8Array(0) };
    const result = this.raft.proposeConfChange(change, utf8("change"), "v2");
    this.#drain();
    return result;
  }

  step(event: RaftEvent): RaftEffects {
    this.raft.step(event);
    return this.#drain();
  }

  receive(...messages: readonly RaftMessage[]): void {
    for (const message of messages) this.step({ type: "message", message });
  }

  tick(count: number): void {
    for (let tick = 0; tick < count; tick += 1) this.step({ type: "tick" });
  }

  propose(...data: readonly string[]): ProposeResult {
    const result = this.raft.propose(data.map(utf8));
    this.#drain();
    return result;
  }

  /** The messages that left since the last call. */
  takeSent(): RaftMessage[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** Campaigns and wins with the votes of `voters`. Nothing of it remains in `takeSent`. */
  becomeLeader(...voters: readonly number[]): void {
    this.step({ type: "campaign" });
    for (const from of voters) {
      const term = this.status.term + 1;
      if (this.status.role !== "preCandidate") break;
      this.receive({ type: "preVoteAnswer", from, to: this.id, term, isGranted: true });
    }
    for (const from of voters) {
      const { role, term } = this.status;
      if (role !== "candidate") break;
      this.receive({ type: "voteAnswer", from, to: this.id, term, isGranted: true });
    }
    this.takeSent();
  }

  #drain(): RaftEffects {
    this.raft.checkInvariants();
    const effects = this.raft.takeEffects();
    this.#sent.push(...effects.sendNow);
    this.applied.push(...effects.apply);
    this.reads.push(...effects.readStates);
    if (effects.persist !== undefined) this.#unpersisted.push(effects);
    const last = effects.apply.at(-1);
    if (last !== undefined && !this.#isApplyHeld) this.step({ type: "applied", index: last.index });
    if (!this.#isDiskHeld) this.#persist();
    return effects;
  }

  #persist(): void {
    while (this.#unpersisted.length > 0) this.persistOne();
  }
}

/** A node whose log has one entry per term. */
export function nodeOf(
  id: number,
  voters: readonly number[],
  terms: readonly number[] = [],
  overrides: Partial<RestoredState["hardState"]> = {},
  options: Partial<RaftOptions> = {},
): TestNode {
  return new TestNode(optionsOf(id, options), stateOf(voters, terms, overrides));
}

/** Nodes whose messages travel when a test says so. */
export class TestGroup {
  readonly nodes: readonly TestNode[];
  readonly #down = new Set<number>();

  constructor(nodes: readonly TestNode[]) {
    this.nodes = nodes;
  }

  node(id: number): TestNode {
    return this.nodes.find((node) => node.id === id)!;
  }

  /** Nothing reaches or leaves these nodes. */
  disconnect(...ids: readonly number[]): void {
    for (const id of ids) this.#down.add(id);
  }

  reconnect(...ids: readonly number[]): void {
    for (const id of ids) this.#down.delete(id);
  }

  /** Delivers until nothing is on its way. */
  settle(): void {
    let messages = this.#take();
    for (let round = 0; messages.length > 0; round += 1) {
      if (round > 1_000) throw new Error("the group does not settle");
      for (const message of messages) {
        if (!this.#down.has(message.to)) this.node(message.to).receive(message);
      }
      messages = this.#take();
    }
  }

  #take(): RaftMessage[] {
    return this.nodes.flatMap((node) => {
      const sent = node.takeSent();
      return this.#down.has(node.id) ? [] : sent;
    });
  }
}

/** Fresh nodes 1 to `count`. */
export function groupOf(count: number, options: Partial<RaftOptions> = {}): TestGroup {
  const voters = Array.from({ length: count }, (_, position) => position + 1);
  return new TestGroup(voters.map((id) => nodeOf(id, voters, [], {}, options)));
}
