import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { fromHex } from "../../../../src/kernel/bytes.ts";
import {
  RaftMessage as WireMessage,
  WireError,
  create,
  encode,
} from "../../../../src/wire/index.ts";
import { decodeRaftMessage, encodeRaftMessage } from "../../../../cluster/replica/index.ts";
import { withChange } from "../../../../cluster/replica/configuration-codec.ts";
import type { Entry, RaftMessage, Snapshot } from "../../../../cluster/raft/index.ts";

const number = fc.integer({ min: 0, max: 2 ** 52 });
const addressed = {
  from: fc.integer({ min: 1, max: 99 }),
  to: fc.integer({ min: 1, max: 99 }),
  term: number,
};
const entry: fc.Arbitrary<Entry> = fc.record({
  type: fc.constantFrom("normal", "confChange", "confChangeV2"),
  term: number,
  index: number,
  data: fc.uint8Array({ maxLength: 20 }),
});
// Index 0 is what nothing committed looks like.
const committed = fc.record({ index: fc.integer({ min: 1, max: 2 ** 52 }), term: number });
const last = { lastIndex: number, lastTerm: number };
const context = fc.uint8Array({ minLength: 1, maxLength: 20 });
const ids = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 3 })
  .map((list) => list.sort((a, b) => a - b));
const snapshot: fc.Arbitrary<Snapshot> = fc.record({
  index: number,
  term: number,
  configuration: fc.record({
    voters: ids,
    votersOutgoing: ids,
    learners: ids,
    learnersNext: ids,
    autoLeave: fc.boolean(),
  }),
  data: fc.uint8Array({ maxLength: 20 }),
});
const message: fc.Arbitrary<RaftMessage> = fc.oneof(
  fc.record({
    type: fc.constant("append"),
    ...addressed,
    prevIndex: number,
    prevTerm: number,
    entries: fc.array(entry, { maxLength: 4 }),
    commit: number,
  }),
  fc.record({ type: fc.constant("appendAccepted"), ...addressed, index: number }),
  fc.record({
    type: fc.constant("appendRejected"),
    ...addressed,
    rejectedIndex: number,
    hintIndex: number,
    hintTerm: number,
  }),
  fc.record({ type: fc.constant("heartbeat"), ...addressed, commit: number }),
  fc.record({ type: fc.constant("heartbeat"), ...addressed, commit: number, context }),
  fc.record({ type: fc.constant("heartbeatAnswer"), ...addressed }),
  fc.record({ type: fc.constant("heartbeatAnswer"), ...addressed, context }),
  fc.record({ type: fc.constant("readIndex"), ...addressed, context }),
  fc.record({ type: fc.constant("readIndexAnswer"), ...addressed, context, index: number }),
  fc.record({ type: fc.constant("snapshot"), ...addressed, snapshot }),
  fc.record({ type: fc.constant("preVote"), ...addressed, ...last }),
  fc.record({ type: fc.constant("preVoteAnswer"), ...addressed, isGranted: fc.boolean() }),
  fc.record({
    type: fc.constant("preVoteAnswer"),
    ...addressed,
    isGranted: fc.boolean(),
    committed,
  }),
  fc.record({ type: fc.constant("vote"), ...addressed, ...last, isTransfer: fc.boolean() }),
  fc.record({ type: fc.constant("voteAnswer"), ...addressed, isGranted: fc.boolean() }),
  fc.record({ type: fc.constant("voteAnswer"), ...addressed, isGranted: fc.boolean(), committed }),
  fc.record({ type: fc.constant("timeoutNow"), ...addressed }),
);

describe("a Raft message on the wire", () => {
  test.prop([message])("comes back as it was", (sent) => {
    const expected = "entries" in sent ? { ...sent, entries: sent.entries.map(withChange) } : sent;
    expect(decodeRaftMessage(encodeRaftMessage(sent))).toEqual({
      kind: "message",
      message: expected,
    });
  });

  // Bytes of etcd 3.5.1, which spells out zeros and an empty snapshot.
  test("is read from the bytes that Fabric's orderers send", () => {
    const heartbeat = fromHex("08081003180120022800300040094a0a12080a0228001000180050005800")!;
    expect(decodeRaftMessage(heartbeat)).toEqual({
      kind: "message",
      message: { type: "heartbeat", from: 1, to: 3, term: 2, commit: 9 },
    });
    const preVote = fromHex("08111003180220032802300a40004a0a12080a0228001000180050005800")!;
    expect(decodeRaftMessage(preVote)).toEqual({
      kind: "message",
      message: { type: "preVote", from: 2, to: 3, term: 3, lastIndex: 10, lastTerm: 2 },
    });
  });

  test.each([0, 1, 2, 7, 10, 11, 12, 13, 15, 16, 19, 20, 21, 22, 23, 99])(
    "of type %i is not taken from a peer",
    (type) => {
      const bytes = encode(
        WireMessage,
        create(WireMessage, { type: type as never, from: 1, to: 2 }),
      );
      expect(decodeRaftMessage(bytes)).toMatchObject({ kind: "unsupported" });
    },
  );

  test("with an entry of an unknown type is not taken", () => {
    const entries = [{ type: 9 as never, index: 1, term: 1 }];
    const fields = { type: 3 as const, from: 1, to: 2, entries };
    expect(decodeRaftMessage(encode(WireMessage, create(WireMessage, fields)))).toMatchObject({
      kind: "unsupported",
    });
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])("of random bytes is refused or read", (bytes) => {
    try {
      decodeRaftMessage(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  });

  test.prop([message, fc.nat()])("cut short is refused or read, never more", (sent, cut) => {
    const bytes = encodeRaftMessage(sent);
    try {
      decodeRaftMessage(bytes.subarray(0, cut % (bytes.length + 1)));
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  });
});
