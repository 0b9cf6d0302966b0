import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import {
  heightMark,
  knownBytes,
  probeBytes,
  probeMark,
  readHeightMark,
  readKnown,
  readProbe,
  readProbeMark,
  type ProbeFields,
} from "../../../../gossip/service/probe-wire.ts";

const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const accusation = fc.record({
  peer,
  incarnation: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  rebuttals: fc.maxSafeNat(),
  accuser: peer,
  isDead: fc.boolean(),
});
const fields = fc.oneof(
  fc.record({
    kind: fc.constantFrom("probe" as const, "ack" as const),
    digest: fc.nat(0xffff_ffff),
    accusation: fc.option(accusation, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("probe-request" as const), subject: peer }),
  fc.record({ kind: fc.constant("nack" as const) }),
  fc.record({
    kind: fc.constant("accusations" as const),
    accusations: fc.array(accusation, { maxLength: 64 }),
  }),
);

function written(message: ProbeFields): Uint8Array {
  return probeBytes(message.kind === "accusations" ? message : { ...message, nonce: "1" });
}

test.prop([fields])("what is written is read", (message) => {
  expect(readProbe(written(message))).toEqual(message);
});

test.prop([fields, fc.nat(200)])(
  "what is cut short is not read as something else",
  (message, cut) => {
    const bytes = written(message);
    const read = readProbe(bytes.subarray(0, Math.max(0, bytes.length - 1 - cut)));
    expect(read).not.toEqual(message);
  },
);

test.prop([fc.uint8Array({ maxLength: 300 })])("bytes without the head are nothing", (bytes) => {
  expect(readProbe(bytes)).toBeUndefined();
  expect(readProbeMark(bytes)).toBeUndefined();
});

test.prop([fc.nat(10 ** 15 - 1)])(
  "a mark is read, and as nothing else than what it is",
  (value) => {
    expect(readProbeMark(probeMark(value))).toBe(value);
    expect(readHeightMark(heightMark(value))).toBe(value);
    expect(readHeightMark(probeMark(value))).toBeUndefined();
  },
);

test("a mark with more than a number is none", () => {
  for (const text of ["heddle/1 rebuttals=", "heddle/1 rebuttals=-1", "heddle/2 rebuttals=1"]) {
    expect(readProbeMark(utf8(text))).toBeUndefined();
  }
});

test.prop([fc.uint32Array({ minLength: 1, maxLength: 64 })])(
  "buckets are read, and too many are not",
  (known) => {
    expect(readKnown([knownBytes(known)], 64)).toEqual(known);
    expect(readKnown([knownBytes(known)], known.length - 1)).toBeUndefined();
    expect(readKnown([knownBytes(known).subarray(1)], 64)).toBeUndefined();
    expect(readKnown([], 64)).toBeUndefined();
  },
);
