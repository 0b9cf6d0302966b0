import { describe, expect, test } from "vitest";
import { Progress } from "../../../../cluster/raft/progress.ts";
import { resolveOptions } from "../../../../cluster/raft/options.ts";
import { optionsOf } from "./harness.ts";

function probing(next: number): Progress {
  const options = resolveOptions(optionsOf(1, { inflightMessagesMax: 2 }));
  return new Progress({ next, isLearner: false, memberSince: 0 }, options);
}

function replicating(match: number): Progress {
  const progress = probing(match + 1);
  progress.maybeAccept(match, 1);
  return progress;
}

describe("a probed follower", () => {
  test("is sent one append until it answers", () => {
    const progress = probing(5);
    progress.sent(1, 10);
    expect(progress.isPaused).toBe(true);
    expect(progress.next).toBe(5);
    progress.resume();
    expect(progress.isPaused).toBe(false);
  });

  test("is replicated to once it accepts, even what was known before", () => {
    const progress = probing(1);
    expect(progress.maybeAccept(0, 1)).toBe(true);
    expect(progress).toMatchObject({ state: "replicate", match: 0, next: 1 });
    expect(progress.maybeAccept(0, 1)).toBe(false);
  });

  test("is probed further back after a refusal, but not before what it is known to hold", () => {
    const progress = probing(10);
    expect(progress.maybeReject(9, 4)).toBe(true);
    expect(progress.next).toBe(5);
    expect(progress.maybeReject(4, 0)).toBe(true);
    expect(progress.next).toBe(1);
  });

  test("is not moved by a refusal of an earlier probe", () => {
    const progress = probing(10);
    progress.maybeReject(9, 4);
    expect(progress.maybeReject(9, 2)).toBe(false);
    expect(progress.next).toBe(5);
  });

  test("never goes forward on a refusal, whatever the hint", () => {
    const progress = probing(10);
    progress.maybeReject(9, 1_000_000);
    expect(progress.next).toBe(9);
  });
});

describe("a follower that is replicated to", () => {
  test("is sent appends one after another until the window is full", () => {
    const progress = replicating(3);
    progress.sent(2, 10);
    expect(progress).toMatchObject({ next: 6, isPaused: false, inflightCount: 1 });
    progress.sent(1, 10);
    expect(progress).toMatchObject({ next: 7, isPaused: true, inflightCount: 2 });
    expect(progress.canSendEntries()).toBe(false);
    progress.maybeAccept(5, 1);
    expect(progress).toMatchObject({ match: 5, next: 7, isPaused: false, inflightCount: 1 });
  });

  test("is sent no entries while an acknowledgement frees no part of the window", () => {
    const progress = replicating(3);
    progress.sent(2, 10);
    progress.sent(1, 10);
    progress.maybeAccept(4, 1);
    expect(progress.match).toBe(4);
    expect(progress.inflightCount).toBe(2);
    expect(progress.canSendEntries()).toBe(false);
  });

  test("is told of a commit index once, and again when what told it may be lost", () => {
    const progress = replicating(3);
    progress.sent(2, 10);
    progress.sentCommit(3);
    expect(progress.canBumpCommit(3)).toBe(false);
    expect(progress.canBumpCommit(5)).toBe(true);
    progress.sentCommit(5);
    expect(progress.canBumpCommit(6)).toBe(false);
    progress.becomeProbe();
    progress.maybeAccept(5, 1);
    expect(progress.canBumpCommit(5)).toBe(true);
  });

  test("is probed again after a refusal of what it is not known to hold", () => {
    const progress = replicating(3);
    progress.sent(2, 10);
    expect(progress.maybeReject(5, 3)).toBe(true);
    expect(progress).toMatchObject({ state: "probe", match: 3, next: 4, inflightCount: 0 });
  });

  test("is not moved by a refusal of what it has acknowledged since", () => {
    const progress = replicating(3);
    expect(progress.maybeReject(3, 0)).toBe(false);
    expect(progress.state).toBe("replicate");
  });

  test("never loses what it acknowledged to an older acknowledgement", () => {
    const progress = replicating(7);
    expect(progress.maybeAccept(4, 1)).toBe(false);
    expect(progress.match).toBe(7);
  });
});

describe("a follower that is sent a snapshot", () => {
  function receiving(): Progress {
    const progress = probing(4);
    progress.becomeSnapshot(9);
    return progress;
  }

  test("is sent nothing else", () => {
    const progress = receiving();
    expect(progress.isPaused).toBe(true);
    progress.resume();
    expect(progress.isPaused).toBe(true);
    expect(progress).toMatchObject({ state: "snapshot", pendingSnapshot: 9, next: 10 });
  });

  test("is replicated to as soon as it reaches the leader's log, whatever the snapshot was", () => {
    const progress = receiving();
    expect(progress.maybeAccept(5, 8)).toBe(true);
    expect(progress).toMatchObject({ state: "snapshot", match: 5 });
    expect(progress.maybeAccept(7, 8)).toBe(true);
    expect(progress).toMatchObject({ state: "replicate", match: 7, next: 8, pendingSnapshot: 0 });
  });

  test("is probed after the snapshot when it arrived, and from what is known when it did not", () => {
    const arrived = receiving();
    arrived.snapshotReported(true);
    expect(arrived).toMatchObject({ state: "probe", next: 10, isPaused: true });
    const lost = receiving();
    lost.snapshotReported(false);
    expect(lost).toMatchObject({ state: "probe", next: 1, isPaused: true });
  });

  test("is not moved by refusals, nor by a second report", () => {
    const progress = receiving();
    expect(progress.maybeReject(9, 0)).toBe(false);
    progress.maybeAccept(9, 8);
    progress.snapshotReported(false);
    expect(progress).toMatchObject({ state: "replicate", match: 9 });
  });

  test("is given up after a time without a report, also when that was shortened meanwhile", () => {
    expect([3, 3, 3].map((ticks) => receiving().tickSnapshot(ticks))).toEqual([
      false,
      false,
      false,
    ]);
    const progress = receiving();
    expect([5, 5, 3].map((ticks) => progress.tickSnapshot(ticks))).toEqual([false, false, true]);
    progress.snapshotReported(false);
    expect(progress.tickSnapshot(3)).toBe(false);
  });
});

describe("a member that was removed and added again", () => {
  test("is not held to what its former self acknowledged", () => {
    const options = resolveOptions(optionsOf(1));
    const progress = new Progress({ next: 20, isLearner: false, memberSince: 20 }, options);
    progress.maybeAccept(15, 1);
    expect(progress).toMatchObject({ state: "replicate", match: 15 });
    expect(progress.maybeReject(15, 0)).toBe(true);
    expect(progress).toMatchObject({ state: "probe", match: 0, next: 1 });
  });

  test("is held to what only it can have acknowledged", () => {
    const options = resolveOptions(optionsOf(1));
    const progress = new Progress({ next: 20, isLearner: false, memberSince: 20 }, options);
    progress.maybeAccept(21, 1);
    expect(progress.maybeReject(21, 0)).toBe(false);
    expect(progress.match).toBe(21);
  });
});
