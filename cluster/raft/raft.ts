import { assert } from "../../src/kernel/assert.ts";
import { receiveAsCandidate } from "./candidate.ts";
import { configure } from "./configure.ts";
import type { ConfChange, RaftConfiguration } from "./configuration.ts";
import type { PersistToken, RaftEffects } from "./effects.ts";
import {
  answerVoteRequest,
  campaign,
  persistedAsCandidate,
  reconsiderCampaign,
  tickElection,
} from "./election.ts";
import type { Entry } from "./entry.ts";
import type { ConfChangeKind, RaftEvent } from "./event.ts";
import { forgetLeader, receiveAsFollower, unreachableAsFollower } from "./follower.ts";
import type { HardState } from "./hard-state.ts";
import { differsInVote } from "./hard-state.ts";
import { checkStateInvariants } from "./invariants.ts";
import {
  persistedAsLeader,
  receiveAsLeader,
  snapshotReportedAsLeader,
  tickLeader,
  unreachableAsLeader,
} from "./leader.ts";
import { READ_CONTEXT_BYTES_MAX } from "./limits.ts";
import { applied } from "./membership-rules.ts";
import type { RaftMessage } from "./message.ts";
import { messageFault } from "./message-fault.ts";
import type { RaftOptions } from "./options.ts";
import { assertOptions, resolveOptions } from "./options.ts";
import type { ProposeResult } from "./proposal.ts";
import { proposeAsLeader, proposeConfChangeAsLeader } from "./proposal.ts";
import { readHere } from "./read-index.ts";
import type { RestoredState } from "./restored-state.ts";
import { checkRestored } from "./restored-state.ts";
import type { LeaderRole } from "./role.ts";
import { compact, snapshotInstalled } from "./snapshot-rules.ts";
import { RaftState } from "./state.ts";
import type { RaftStatus } from "./status.ts";
import { statusOf } from "./status.ts";
import { admitTerm } from "./term-rules.ts";
import { hearCommit } from "./told-commit.ts";
import { transferAsLeader } from "./transfer.ts";
import { volatileChangeIndex } from "./unapplied-change.ts";

/**
 * One member of a Raft group: events in, effects out. Never throws on what a peer can send; throws
 * `InvariantViolation` on mistakes of its own or of its driver.
 */
export class Raft {
  readonly #state: RaftState;
  // What the driver was last told to remember.
  #emittedHardState: HardState;

  /** Throws `RaftError` when `restored` contradicts itself. */
  constructor(options: RaftOptions, restored: RestoredState) {
    assertOptions(options);
    checkRestored(restored);
    this.#state = new RaftState(resolveOptions(options), restored);
    this.#emittedHardState = restored.hardState;
  }

  /** Feeds one event. Its effects wait for `takeEffects`. */
  step(event: RaftEvent): void {
    switch (event.type) {
      case "tick":
        this.#tick();
        return;
      case "message":
        this.#receive(event.message);
        return;
      case "propose":
        this.propose(event.data);
        return;
      case "proposeConfChange":
        this.proposeConfChange(event.change, event.data, event.kind);
        return;
      case "persisted":
        this.#persisted(event);
        return;
      case "applied":
        applied(this.#state, event.index);
        return;
      case "campaign":
        if (this.#state.role.type !== "leader") campaign(this.#state);
        return;
      case "transfer":
        this.#transfer(event.to);
        return;
      case "unreachable":
        this.#unreachable(event.id);
        return;
      case "snapshotReport":
        this.#asLeader((role) => {
          snapshotReportedAsLeader(role, event.id, event.ok);
        });
        return;
      case "snapshotInstalled":
        this.#snapshotInstalled(event.index);
        return;
      case "compact":
        compact(this.#state, event.snapshot, event.keepFromIndex);
        return;
      case "readIndex":
        assert(event.context.length <= READ_CONTEXT_BYTES_MAX, "a read's context is short");
        readHere(this.#state, event.context);
        return;
      case "forgetLeader":
        forgetLeader(this.#state);
        return;
      case "configure":
        configure(this.#state, event.tuning);
        return;
    }
  }

  /** Appends `data`, one entry each, if this node leads. None is empty: that is the leader's own entry. */
  propose(data: readonly Uint8Array[]): ProposeResult {
    assert(data.length > 0, "a proposal has entries");
    assert(
      data.every((bytes) => bytes.length > 0),
      "an empty entry is the leader's own",
    );
    return this.#propose((role) => proposeAsLeader(this.#state, role, data));
  }

  /**
   * Appends a change of the configuration if this node leads, no other change may be unapplied and the configuration in
   * force allows it. `data`: the change as its entry carries it, in the form that `kind` says. It takes effect at each
   * node when that has applied it.
   */
  proposeConfChange(change: ConfChange, data: Uint8Array, kind: ConfChangeKind): ProposeResult {
    return this.#propose((role) =>
      proposeConfChangeAsLeader(this.#state, role, change, data, kind),
    );
  }

  /** Drains what is to be done since the last call. */
  takeEffects(): RaftEffects {
    const { outbox, persistQueue } = this.#state;
    const now = outbox.takeNow();
    const writes = persistQueue.isFull() ? NO_WRITES : this.#takeWrites();
    const { trace, traceDroppedCount } = outbox.takeTrace();
    // Field by field: asked after every event, and a spread costs more than all the rest.
    return {
      hardState: writes.hardState,
      installSnapshot: writes.installSnapshot,
      append: writes.append,
      persist: writes.persist,
      sendNow: writes.sendNow.length === 0 ? now : [...now, ...writes.sendNow],
      sendAfterPersist: writes.sendAfterPersist,
      apply: this.#takeApply(),
      readStates: outbox.takeReads(),
      trace,
      traceDroppedCount,
    };
  }

  /** Of `status`, what is asked after every event. */
  leadership(): Pick<RaftStatus, "role" | "term" | "leaderId"> {
    const { role, term, leaderId } = this.#state;
    return { role: role.type, term, leaderId };
  }

  /** Of `status`, the configuration in force. */
  get configuration(): RaftConfiguration {
    return this.#state.membership.configuration;
  }

  status(): RaftStatus {
    return statusOf(this.#state);
  }

  /** The entries in (afterIndex, toIndex] as held in memory, for tests and diagnosis. */
  entries(afterIndex: number, toIndex: number): readonly Entry[] {
    return this.#state.log.slice(afterIndex, toIndex);
  }

  /** Throws `InvariantViolation` if the state contradicts itself. For tests: the cost grows with the group only. */
  checkInvariants(): void {
    checkStateInvariants(this.#state);
  }

  #propose(take: (role: LeaderRole) => ProposeResult): ProposeResult {
    const { role, leaderId, outbox } = this.#state;
    const result: ProposeResult =
      role.type === "leader" ? take(role) : { accepted: false, reason: "not leader", leaderId };
    if (!result.accepted) outbox.trace({ type: "proposalRefused", reason: result.reason });
    return result;
  }

  #asLeader(act: (role: LeaderRole) => void): void {
    if (this.#state.role.type === "leader") act(this.#state.role);
  }

  #tick(): void {
    this.#state.persistQueue.tick();
    if (this.#state.role.type === "leader") tickLeader(this.#state, this.#state.role);
    else tickElection(this.#state);
  }

  #receive(message: RaftMessage): void {
    const state = this.#state;
    const fault = messageFault(message, state.id);
    if (fault !== undefined) {
      const { from, type } = message;
      state.outbox.trace({ type: "messageIgnored", from, message: type, reason: fault });
      return;
    }
    if (!admitTerm(state, message)) return;
    if (message.type === "preVote" || message.type === "vote") {
      answerVoteRequest(state, message);
      return;
    }
    const isAnswer = message.type === "preVoteAnswer" || message.type === "voteAnswer";
    if (isAnswer && hearCommit(state, message.committed)) reconsiderCampaign(state);
    this.#receiveInRole(message);
  }

  #receiveInRole(message: RaftMessage): void {
    const { role } = this.#state;
    switch (role.type) {
      case "follower":
        receiveAsFollower(this.#state, message);
        return;
      case "preCandidate":
      case "candidate":
        receiveAsCandidate(this.#state, role, message);
        return;
      case "leader":
        receiveAsLeader(this.#state, role, message);
        return;
    }
  }

  #persisted(token: PersistToken): void {
    const { persistQueue, role } = this.#state;
    persistQueue.complete(token);
    if (role.type === "leader") persistedAsLeader(this.#state, role);
    else if (role.type === "candidate") persistedAsCandidate(this.#state, role);
  }

  #unreachable(peer: number): void {
    const { role } = this.#state;
    if (role.type === "leader") unreachableAsLeader(role, peer);
    else if (role.type === "follower") unreachableAsFollower(this.#state, peer);
  }

  #transfer(to: number): void {
    const { role, outbox } = this.#state;
    if (role.type === "leader") transferAsLeader(this.#state, role, to);
    else outbox.trace({ type: "transferRefused", to });
  }

  #snapshotInstalled(index: number): void {
    assert(index <= this.#state.persistQueue.durable, "only what is durable is installed");
    snapshotInstalled(this.#state, index);
  }

  #takeApply(): readonly Entry[] {
    const { log, persistQueue, applyQueue, snapshots } = this.#state;
    if (snapshots.installingIndex !== undefined) return [];
    const index = Math.min(log.committed, persistQueue.durable);
    return applyQueue.take(
      log,
      Math.min(index, (volatileChangeIndex(this.#state) ?? Infinity) - 1),
    );
  }

  #takeWrites(): Writes {
    const { log, persistQueue, snapshots, outbox, hardState } = this.#state;
    const installSnapshot = snapshots.take();
    const append = log.slice(persistQueue.emitted, log.last.index);
    const emitted = this.#emittedHardState;
    const changeIndex = volatileChangeIndex(this.#state) ?? Infinity;
    const commitsChange = emitted.commit < changeIndex && changeIndex <= hardState.commit;
    const mustFlush =
      installSnapshot !== undefined ||
      append.length > 0 ||
      commitsChange ||
      differsInVote(hardState, emitted);
    const changed = mustFlush || hardState.commit !== emitted.commit ? hardState : undefined;
    this.#emittedHardState = hardState;
    const messages = outbox.takeAfterPersist();
    if (!mustFlush && (messages.length === 0 || persistQueue.isEmpty())) {
      // Everything that the messages promise is durable already.
      return {
        hardState: changed,
        installSnapshot,
        append,
        persist: undefined,
        sendNow: messages,
        sendAfterPersist: [],
      };
    }
    return {
      hardState: changed,
      installSnapshot,
      append,
      persist: persistQueue.emit(log.last.index, hardState),
      sendNow: [],
      sendAfterPersist: messages,
    };
  }
}

type Writes = Pick<
  RaftEffects,
  "hardState" | "installSnapshot" | "append" | "persist" | "sendNow" | "sendAfterPersist"
>;

const NO_WRITES: Writes = {
  hardState: undefined,
  installSnapshot: undefined,
  append: [],
  persist: undefined,
  sendNow: [],
  sendAfterPersist: [],
};
