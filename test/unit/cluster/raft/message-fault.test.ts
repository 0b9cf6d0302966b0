import { describe, expect, test } from "vitest";
import { ENTRIES_FROM_PEER_MAX } from "../../../../cluster/raft/limits.ts";
import type { AppendMessage, RaftMessage } from "../../../../cluster/raft/message.ts";
import { messageFault } from "../../../../cluster/raft/message-fault.ts";
import { entriesOf } from "./harness.ts";

const header = { from: 2, to: 1, term: 3 };

function append(overrides: Partial<AppendMessage>): AppendMessage {
  const base = { prevIndex: 0, prevTerm: 0, entries: [], commit: 0 };
  return { type: "append", ...header, ...base, ...overrides };
}

const shifted = entriesOf(1, 1).map((entry) => ({ ...entry, index: entry.index + 1 }));

describe("a message", () => {
  test.each<{ fault: string; message: RaftMessage }>([
    { fault: "addressed to another node", message: { type: "timeoutNow", ...header, to: 3 } },
    { fault: "bad sender", message: { type: "timeoutNow", ...header, from: 1 } },
    { fault: "bad sender", message: { type: "timeoutNow", ...header, from: 0 } },
    { fault: "bad term", message: { type: "timeoutNow", ...header, term: 0 } },
    { fault: "bad term", message: { type: "timeoutNow", ...header, term: 2 ** 53 } },
    { fault: "bad term", message: { type: "timeoutNow", ...header, term: Number.NaN } },
    { fault: "bad commit index", message: { type: "heartbeat", ...header, commit: -1 } },
    { fault: "bad index", message: { type: "appendAccepted", ...header, index: 0.5 } },
    {
      fault: "bad index",
      message: {
        type: "appendRejected",
        ...header,
        rejectedIndex: 1,
        hintIndex: 0,
        hintTerm: Infinity,
      },
    },
    { fault: "bad index", message: { type: "preVote", ...header, lastIndex: -1, lastTerm: 0 } },
    {
      fault: "log from a later term",
      message: { type: "vote", ...header, lastIndex: 1, lastTerm: 3, isTransfer: false },
    },
    { fault: "bad index", message: append({ prevIndex: 1, prevTerm: 0 }) },
    { fault: "bad index", message: append({ prevIndex: 0, prevTerm: 1 }) },
    { fault: "entries not consecutive", message: append({ entries: shifted }) },
    { fault: "entry terms fall", message: append({ entries: entriesOf(2, 1) }) },
    { fault: "entry terms fall", message: append({ entries: entriesOf(0) }) },
    { fault: "entry from a later term", message: append({ entries: entriesOf(4) }) },
    { fault: "entry from a later term", message: append({ prevIndex: 1, prevTerm: 4 }) },
    {
      fault: "too many entries",
      message: append({
        entries: entriesOf(...new Array<number>(ENTRIES_FROM_PEER_MAX + 1).fill(1)),
      }),
    },
  ])("is not believed: $fault ($message.type)", ({ fault, message }) => {
    expect(messageFault(message, 1)).toBe(fault);
  });

  test("is believed when a working peer can have sent it", () => {
    expect(messageFault(append({ entries: entriesOf(1, 3, 3), commit: 9 }), 1)).toBeUndefined();
    const vote: RaftMessage = { type: "preVote", ...header, lastIndex: 4, lastTerm: 2 };
    expect(messageFault(vote, 1)).toBeUndefined();
  });
});
