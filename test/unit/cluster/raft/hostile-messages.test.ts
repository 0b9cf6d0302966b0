import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { RaftEvent } from "../../../../cluster/raft/event.ts";
import type { RaftMessage } from "../../../../cluster/raft/message.ts";
import { nodeOf } from "./harness.ts";

const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, Number.NaN, Infinity, 2 ** 52, 2 ** 53) },
);
const header = { from: number, to: fc.constant(1), term: number };
const entry = fc.record({
  index: number,
  term: number,
  type: fc.constant("normal" as const),
  data: fc.uint8Array({ maxLength: 3 }),
});
// Half of the appends are well formed as to their indexes, or almost none would get past the first check.
const entries = fc.oneof(
  fc.array(entry, { maxLength: 4 }),
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.array(entry, { maxLength: 4 }))
    .map(([start, list]) =>
      list.map((item, position) => ({ ...item, index: start + position + 1 })),
    ),
);

const message: fc.Arbitrary<RaftMessage> = fc.oneof(
  fc.record({
    type: fc.constant("append" as const),
    ...header,
    prevIndex: number,
    prevTerm: number,
    entries,
    commit: number,
  }),
  fc.record({ type: fc.constant("appendAccepted" as const), ...header, index: number }),
  fc.record({
    type: fc.constant("appendRejected" as const),
    ...header,
    rejectedIndex: number,
    hintIndex: number,
    hintTerm: number,
  }),
  fc.record({ type: fc.constant("heartbeat" as const), ...header, commit: number }),
  fc.record({ type: fc.constant("heartbeatAnswer" as const), ...header }),
  fc.record({ type: fc.constant("timeoutNow" as const), ...header }),
  fc.record({
    type: fc.constant("preVote" as const),
    ...header,
    lastIndex: number,
    lastTerm: number,
  }),
  fc.record({
    type: fc.constant("vote" as const),
    ...header,
    lastIndex: number,
    lastTerm: number,
    isTransfer: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom("preVoteAnswer" as const, "voteAnswer" as const),
    ...header,
    isGranted: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom("preVoteAnswer" as const, "voteAnswer" as const),
    ...header,
    isGranted: fc.boolean(),
    committed: fc.record({ index: number, term: number }),
  }),
);

const event: fc.Arbitrary<RaftEvent> = fc.oneof(
  { weight: 8, arbitrary: message.map((each) => ({ type: "message" as const, message: each })) },
  { weight: 1, arbitrary: fc.constant({ type: "tick" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "campaign" as const }) },
  { weight: 1, arbitrary: number.map((to) => ({ type: "transfer" as const, to })) },
  { weight: 1, arbitrary: number.map((id) => ({ type: "unreachable" as const, id })) },
  {
    weight: 1,
    arbitrary: fc.constant({ type: "propose" as const, data: [Uint8Array.of(1)] }),
  },
);

describe("whatever peers send", () => {
  // The node checks its invariants after each step.
  test.prop([fc.array(event, { maxLength: 60 }), fc.boolean()], { numRuns: 1_000 })(
    "a node neither throws nor contradicts itself, and its term and commit index never fall",
    (events, isLeader) => {
      const node = nodeOf(1, [1, 2, 3], [1, 1, 2], { commit: 1 });
      if (isLeader) node.becomeLeader(2);
      let { term, commitIndex } = node.status;
      for (const each of events) {
        node.step(each);
        expect(node.status.term).toBeGreaterThanOrEqual(term);
        expect(node.status.commitIndex).toBeGreaterThanOrEqual(commitIndex);
        ({ term, commitIndex } = node.status);
      }
    },
  );
});
