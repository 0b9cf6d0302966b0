import { assert } from "../../src/kernel/assert.ts";
import { receiveAsCandidate } from "./candidate.ts";
import type { PersistToken, RaftEffects } from "./effects.ts";
import { answerVoteRequest, persistedAsCandidate, startPreVote, tickElection } from "./election.ts";
import type { Entry } from "./entry.ts";
import type { RaftEvent } from "./event.ts";
import { receiveAsFollower, unreachableAsFollower } from "./follower.ts";
import type { HardState } from "./hard-state.ts";
import { differsInVote } from "./hard-state.ts";
import { checkStateInvariants } from "./invariants.ts";
import type { ProposeResult } from "./leader.ts";
import {
  persistedAsLeader,
  proposeAsLeader,
  receiveAsLeader,
  tickLeader,
  transferAsLeader,
  unreachableAsLeader,
} from "./leader.ts";
import type { RaftMessage } from "./message.ts";
import { messageFault } from "./message-fault.ts";
import type { RaftOptions } from "./options.ts";
import { assertOptions } from "./options.ts";
import type { RestoredState } from "./restored-state.ts";
import { checkRestored } from "./restored-state.ts";
import { RaftState } from "./state.ts";
import type { RaftStatus } from "./status.ts";
import { statusOf } from "./status.ts";
import { admitTerm } from "./term-rules.ts";

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
    this.#state = new RaftState(options, restored);
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
      case "persisted":
        this.#persisted(event);
        return;
      case "applied":
        this.#state.applyQueue.complete(event.index);
        return;
      case "campaign":
        if (this.#state.role.type !== "leader") startPreVote(this.#state);
        return;
      case "transfer":
        this.#transfer(event.to);
        return;
      case "unreachable":
        this.#unreachable(event.id);
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
    const { role, leaderId } = this.#state;
    const result: ProposeResult =
      role.type === "leader"
        ? proposeAsLeader(this.#state, role, data)
        : { accepted: false, reason: "not leader", leaderId };
    if (!result.accepted) {
      this.#state.outbox.trace({ type: "proposalRefused", reason: result.reason });
    }
    return result;
  }

  /** Drains what is to be done since the last call. */
  takeEffects(): RaftEffects {
    const { outbox, persistQueue, applyQueue, log } = this.#state;
    const now = outbox.takeNow();
    const writes = persistQueue.isFull() ? NO_WRITES : this.#takeWrites();
    const { trace, traceDroppedCount } = outbox.takeTrace();
    return {
      hardState: writes.hardState,
      append: writes.append,
      persist: writes.persist,
      sendNow: writes.sendNow.length === 0 ? now : [...now, ...writes.sendNow],
      sendAfterPersist: writes.sendAfterPersist,
      apply: applyQueue.take(log, Math.min(log.committed, persistQueue.durable)),
      trace,
      traceDroppedCount,
    };
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
    if (message.type === "preVote" || message.type === "vote") answerVoteRequest(state, message);
    else this.#receiveInRole(message);
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

  #takeWrites(): Writes {
    const { log, persistQueue, outbox, hardState } = this.#state;
    const append = log.slice(persistQueue.emitted, log.last.index);
    const emitted = this.#emittedHardState;
    const mustFlush = append.length > 0 || differsInVote(hardState, emitted);
    const changed = mustFlush || hardState.commit !== emitted.commit ? hardState : undefined;
    this.#emittedHardState = hardState;
    const messages = outbox.takeAfterPersist();
    if (!mustFlush && (messages.length === 0 || persistQueue.isEmpty())) {
      // Everything that the messages promise is durable already.
      const sent = { sendNow: messages, sendAfterPersist: [] };
      return { hardState: changed, append, persist: undefined, ...sent };
    }
    const persist = persistQueue.emit(log.last.index, hardState);
    return { hardState: changed, append, persist, sendNow: [], sendAfterPersist: messages };
  }
}

type Writes = Pick<
  RaftEffects,
  "hardState" | "append" | "persist" | "sendNow" | "sendAfterPersist"
>;

const NO_WRITES: Writes = {
  hardState: undefined,
  append: [],
  persist: undefined,
  sendNow: [],
  sendAfterPersist: [],
};
