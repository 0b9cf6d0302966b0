import { assert } from "../../src/kernel/assert.ts";
import { Inflight } from "./inflight.ts";
import type { ResolvedOptions } from "./options.ts";

/**
 * `probe`: where the logs agree is a guess, so one append at a time asks.
 * `replicate`: it is known, so appends are pipelined and `next` runs ahead of the acknowledgements.
 * `snapshot`: the log no longer holds what the follower needs; nothing is sent until a snapshot's fate is known.
 */
export type ProgressState = "probe" | "replicate" | "snapshot";

export interface ProgressStart {
  readonly next: number;
  readonly isLearner: boolean;
  /** Index of the entry that made it a member in this leader's term; 0 if it was one at the term's beginning. */
  readonly memberSince: number;
}

/** What a leader believes of one follower (Raft figure 2, "volatile state on leaders"). */
export class Progress {
  isLearner: boolean;
  readonly #memberSince: number;
  // Invariant: 0 <= match < next. Every entry up to match is durable at the follower and equal to the leader's; of one
  // that was removed and added again, only from `memberSince` on: until then an acknowledgement may be of former days.
  #match = 0;
  #next: number;
  #state: ProgressState = "probe";
  #pendingSnapshot = 0;
  #snapshotElapsed = 0;
  #sentCommit = 0;
  // Probe: the question is asked. Replicate: the window is full. Until an answer to an append or a heartbeat comes.
  #isPaused = false;
  #isActive = false;
  #silentTicks = 0;
  readonly #inflight: Inflight;

  constructor(start: ProgressStart, options: ResolvedOptions) {
    this.#next = start.next;
    this.isLearner = start.isLearner;
    this.#memberSince = start.memberSince;
    this.#inflight = new Inflight(options.inflightMessagesMax, options.inflightBytesMax);
  }

  /** Moves the bounds of what may be on its way. */
  resize({ inflightMessagesMax, inflightBytesMax }: ResolvedOptions): void {
    this.#inflight.resize(inflightMessagesMax, inflightBytesMax);
  }

  get match(): number {
    return this.#match;
  }

  get next(): number {
    return this.#next;
  }

  get state(): ProgressState {
    return this.#state;
  }

  /** Index of the snapshot on its way; 0 in the other states. */
  get pendingSnapshot(): number {
    return this.#pendingSnapshot;
  }

  get inflightCount(): number {
    return this.#inflight.count;
  }

  /** Heard from since the last `markInactive`. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Since it was heard from, or since it is followed. */
  get silentTicks(): number {
    return this.#silentTicks;
  }

  /** While true, no append is sent. */
  get isPaused(): boolean {
    return this.#state === "snapshot" || this.#isPaused;
  }

  /** False while replicating into a full window, where an append may carry the commit index and no entries. */
  canSendEntries(): boolean {
    return this.#state === "probe" || !this.#inflight.isFull();
  }

  /** Whether telling the follower of `commit` may let it commit more than what it was told before. */
  canBumpCommit(commit: number): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.#next - 1;
  }

  markActive(): void {
    this.#isActive = true;
    this.#silentTicks = 0;
  }

  tickSilence(): void {
    this.#silentTicks += 1;
  }

  markInactive(): void {
    this.#isActive = false;
  }

  /** Permits one more append although the last one was not answered: it may be lost. */
  resume(): void {
    this.#isPaused = false;
  }

  /** An append that starts at `next` was sent with `count` entries of `bytes` in all. */
  sent(count: number, bytes: number): void {
    if (this.#state === "probe") {
      if (count > 0) this.#isPaused = true;
      return;
    }
    assert(this.#state === "replicate", "nothing is sent while a snapshot is on its way");
    if (count > 0) {
      this.#next += count;
      this.#inflight.add(this.#next - 1, bytes);
    }
    this.#isPaused = this.#inflight.isFull();
  }

  /** The follower was told that `commit` is committed. */
  sentCommit(commit: number): void {
    this.#sentCommit = commit;
  }

  /**
   * The follower holds the leader's log up to `index`, durably. `firstIndex`: where the leader's log begins, which the
   * follower must reach to be replicated to again. Returns whether that was news.
   */
  maybeAccept(index: number, firstIndex: number): boolean {
    const isNews = index > this.#match;
    // An answer at `match` tells a probing leader that its guess was right, though it moves nothing.
    const isConfirmed = index === this.#match && this.#state === "probe";
    if (!isNews && !isConfirmed) return false;
    this.#match = index;
    this.#next = Math.max(this.#next, index + 1);
    this.#isPaused = false;
    switch (this.#state) {
      case "probe":
        this.#becomeReplicate();
        return true;
      case "snapshot":
        if (index + 1 >= firstIndex) this.#becomeReplicate();
        return true;
      case "replicate":
        this.#inflight.acknowledge(index);
        return true;
    }
  }

  /**
   * The follower refused an append that followed `rejectedIndex`; the logs may agree at `hintIndex` or before.
   * Returns false for a refusal that is overtaken by what is known since, so that duplicates cannot move `next` back.
   */
  maybeReject(rejectedIndex: number, hintIndex: number): boolean {
    if (this.#state === "snapshot") return false;
    // What a former member of this id acknowledged says nothing of one that began anew.
    if (this.#match < this.#memberSince) this.#match = Math.min(this.#match, hintIndex);
    if (this.#state === "replicate") {
      if (rejectedIndex <= this.#match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.#next - 1 !== rejectedIndex) return false;
    this.#next = Math.max(Math.min(rejectedIndex, hintIndex + 1), this.#match + 1);
    this.#forgetSentCommit();
    this.#isPaused = false;
    return true;
  }

  /** Appends on their way are taken for lost: start again from what is known, or from after the snapshot that was sent. */
  becomeProbe(): void {
    const next = Math.max(this.#match, this.#pendingSnapshot) + 1;
    this.#reset("probe");
    this.#next = next;
    this.#forgetSentCommit();
  }

  /** The snapshot of `index` was sent. */
  becomeSnapshot(index: number): void {
    this.#reset("snapshot");
    this.#pendingSnapshot = index;
    this.#next = Math.max(this.#match, index) + 1;
    this.#sentCommit = index;
  }

  /** The snapshot on its way arrived, or did not. In both cases the follower's next answer tells how to go on. */
  snapshotReported(ok: boolean): void {
    if (this.#state !== "snapshot") return;
    if (!ok) this.#pendingSnapshot = 0;
    this.becomeProbe();
    this.#isPaused = true;
  }

  /** Whether this was a tick in state "snapshot", and at least the `ticksMax`th. */
  tickSnapshot(ticksMax: number): boolean {
    if (this.#state !== "snapshot") return false;
    this.#snapshotElapsed += 1;
    return this.#snapshotElapsed >= ticksMax;
  }

  checkInvariants(lastIndex: number): void {
    assert(this.#match < this.#next, "what is sent next is not yet acknowledged");
    assert(this.#match <= lastIndex, "a follower cannot match beyond the leader's log");
    assert(this.#next <= lastIndex + 1, "nothing beyond the leader's log is sent");
    assert(this.#state === "replicate" || this.#inflight.count === 0, "a probe is not pipelined");
    assert(
      this.#state === "snapshot" || this.#pendingSnapshot === 0,
      "a snapshot is on its way in its state only",
    );
  }

  #becomeReplicate(): void {
    this.#reset("replicate");
    this.#next = this.#match + 1;
  }

  #reset(state: ProgressState): void {
    this.#state = state;
    this.#pendingSnapshot = 0;
    this.#snapshotElapsed = 0;
    this.#isPaused = false;
    this.#inflight.clear();
  }

  // What was told with an append that is lost was not heard.
  #forgetSentCommit(): void {
    this.#sentCommit = Math.min(this.#sentCommit, this.#next - 1);
  }
}
