import { describe, expect, test } from "vitest";
import { OUTBOX_MESSAGES_MAX, TRACE_EVENTS_MAX } from "../../../../cluster/raft/limits.ts";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { Outbox } from "../../../../cluster/raft/outbox.ts";

const message: RaftMessage = { type: "heartbeatAnswer", from: 1, to: 2, term: 1 };

describe("the outbox", () => {
  test("does not add to what it has handed out, even if that was empty", () => {
    const outbox = new Outbox();
    const now = outbox.takeNow();
    const afterPersist = outbox.takeAfterPersist();
    const { trace } = outbox.takeTrace();
    outbox.sendNow(message);
    outbox.sendAfterPersist(message);
    outbox.trace({ type: "committed", index: 1 });
    expect([now, afterPersist, trace]).toEqual([[], [], []]);
    expect(outbox.takeNow()).toEqual([message]);
    expect(outbox.takeAfterPersist()).toEqual([message]);
  });

  test("is bounded", () => {
    const outbox = new Outbox();
    for (let count = 0; count <= OUTBOX_MESSAGES_MAX; count += 1) {
      outbox.sendNow(message);
      outbox.sendAfterPersist(message);
    }
    for (let index = 0; index <= TRACE_EVENTS_MAX; index += 1) {
      outbox.trace({ type: "committed", index });
    }
    expect(outbox.takeNow()).toHaveLength(OUTBOX_MESSAGES_MAX);
    expect(outbox.takeAfterPersist()).toHaveLength(OUTBOX_MESSAGES_MAX);
    const { trace, traceDroppedCount } = outbox.takeTrace();
    expect(trace).toHaveLength(TRACE_EVENTS_MAX);
    expect(traceDroppedCount).toBe(1);
  });
});
