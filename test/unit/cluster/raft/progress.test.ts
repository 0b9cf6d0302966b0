import { describe, expect, test } from "vitest";
import { Progress } from "../../../../cluster/raft/progress.ts";
import { optionsOf } from "./harness.ts";

function probing(next: number): Progress {
  return new Progress(next, optionsOf(1, { inflightMessagesMax: 2 }));
}

function replicating(match: number): Progress {
  const progress = probing(match + 1);
  progress.maybeAccept(match);
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
    expect(progress.maybeAccept(0)).toBe(true);
    expect(progress).toMatchObject({ state: "replicate", match: 0, next: 1 });
    expect(progress.maybeAccept(0)).toBe(false);
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
    progress.maybeAccept(5);
    expect(progress).toMatchObject({ match: 5, next: 7, isPaused: false, inflightCount: 1 });
  });

  test("stays paused while an acknowledgement frees no part of the window", () => {
    const progress = replicating(3);
    progress.sent(2, 10);
    progress.sent(1, 10);
    progress.maybeAccept(4);
    expect(progress).toMatchObject({ match: 4, isPaused: true, inflightCount: 2 });
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
    expect(progress.maybeAccept(4)).toBe(false);
    expect(progress.match).toBe(7);
  });
});
