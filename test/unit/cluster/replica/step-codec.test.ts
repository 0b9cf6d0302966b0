import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { Entry, RaftMessage } from "../../../../cluster/raft/index.ts";
import { encodeRaftMessage } from "../../../../cluster/replica/index.ts";
import { STEP, consensusStep } from "../../../../cluster/replica/step-codec.ts";
import { equalBytes } from "../../../../src/kernel/bytes.ts";
import { StepRequest, encode } from "../../../../src/wire/index.ts";

const number = fc.integer({ min: 0, max: 2 ** 52 });
// Lengths at which a length takes another byte, at some level of nesting.
const data = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 80, max: 130 }).map((length) => new Uint8Array(length).fill(7)),
  fc.integer({ min: 16_300, max: 16_390 }).map((length) => new Uint8Array(length).fill(7)),
);
const entry: fc.Arbitrary<Entry> = fc.record({
  type: fc.constantFrom("normal", "confChange", "confChangeV2"),
  term: number,
  index: number,
  data,
});
const append: fc.Arbitrary<RaftMessage> = fc.record({
  type: fc.constant("append"),
  from: number,
  to: number,
  term: number,
  prevIndex: number,
  prevTerm: number,
  entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
  commit: number,
});
const metadata = fc.uint8Array({ maxLength: 12 });
const channel = fc.string({ unit: "grapheme", maxLength: 12 });

describe("a message of Raft's to a member", () => {
  test.prop([channel, append, metadata])(
    "with entries has the bytes that any other encoder gives it",
    (channelId, message, beside) => {
      const value = { channel: channelId, payload: encodeRaftMessage(message), metadata: beside };
      const { step, bytes } = consensusStep(channelId, message, beside);
      const sent = STEP.request.encode(step);
      const payload = { $case: "consensusRequest" as const, value };
      expect(equalBytes(sent, encode(StepRequest, { payload }))).toBe(true);
      expect(bytes).toBe(sent.length);
    },
  );
});
