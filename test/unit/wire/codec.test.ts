import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import {
  Block,
  BlockData,
  ChannelHeader,
  ConfigGroup,
  Envelope,
  EtcdraftBlockMetadata,
  GossipHello,
  KVRWSet,
  Payload,
  PeerTime,
  REQUEST_FIELDS_MAX,
  SeekSpecified,
  SerializedIdentity,
  SignaturePolicy,
  SignaturePolicyEnvelope,
  SignedProposal,
  Transaction,
  WireError,
  create,
  decode,
  decodeRequest,
  encode,
  tryDecode,
  tryDecodeRequest,
} from "../../../src/wire/index.ts";
import { fromHex, utf8 } from "../../../src/kernel/bytes.ts";
import { RPC_MESSAGE_BYTES_MAX } from "../../../src/kernel/limits.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

// Far above what a refusal takes, far below what a copy of the claimed length would.
const REFUSAL_MS_MAX = 1000;

function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(" ", ""))!;
}

function repeated(pattern: Uint8Array, count: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(pattern.length * count, pattern));
}

/** Of a few tries, because the machine may be busy; the refusal is one of them. */
function leastMs(refuse: () => unknown): number {
  let least = Infinity;
  for (let tries = 0; tries < 10 && least > 20; tries += 1) {
    const start = cpuTimeMs();
    expect(refuse()).toBeUndefined();
    least = Math.min(least, cpuTimeMs() - start);
  }
  return least;
}

function refusal(bytes: Uint8Array): unknown {
  try {
    return decode(Payload, bytes);
  } catch (error) {
    return error;
  }
}

describe("decodeRequest", () => {
  const field = hex("0a00");

  test("takes as many fields as a request may have, and not one more", () => {
    const most = repeated(field, REQUEST_FIELDS_MAX);
    expect(tryDecodeRequest(BlockData, most)?.data).toHaveLength(REQUEST_FIELDS_MAX);
    const more = repeated(field, REQUEST_FIELDS_MAX + 1);
    expect(() => decodeRequest(BlockData, more)).toThrow(/more than 50000 fields/);
    expect(tryDecode(BlockData, more)?.data).toHaveLength(REQUEST_FIELDS_MAX + 1);
  });

  test("counts fields of nested messages, unknown fields, groups and packed numbers", () => {
    const count = REQUEST_FIELDS_MAX + 1;
    const nested = encode(Transaction, {
      actions: [{ header: repeated(field, count), payload: field }],
    });
    expect(tryDecodeRequest(Transaction, nested)).toBeDefined();
    expect(tryDecodeRequest(Transaction, repeated(field, count))).toBeUndefined();
    expect(tryDecodeRequest(Envelope, repeated(hex("7801"), count))).toBeUndefined();
    expect(tryDecodeRequest(Envelope, repeated(hex("0b0c"), count))).toBeUndefined();
    const packed = encode(EtcdraftBlockMetadata, {
      consenterIds: Array.from({ length: count }, () => 1),
      nextConsenterId: 1,
      raftIndex: 1,
    });
    expect(tryDecode(EtcdraftBlockMetadata, packed)?.consenterIds).toHaveLength(count);
    expect(tryDecodeRequest(EtcdraftBlockMetadata, packed)).toBeUndefined();
  });

  test.each(["0a00", "1200", "1a00", "2200", "7a00", "7801", "0b0c"])(
    "refuses the largest message that the transport lets in, made of %s, within 50 ms",
    (pattern) => {
      const bytes = repeated(hex(pattern), RPC_MESSAGE_BYTES_MAX / 2);
      for (const type of [Envelope, SignedProposal, Transaction, BlockData, ConfigGroup, KVRWSet]) {
        expect([type.$type, leastMs(() => tryDecodeRequest<unknown>(type, bytes))]).toEqual([
          type.$type,
          expect.toSatisfy((ms: number) => ms <= 50) as number,
        ]);
      }
    },
  );
});

describe("decode", () => {
  test("gives back what encode wrote", () => {
    const block = create(Block, {
      header: { number: 7, previousHash: utf8("p"), dataHash: utf8("d") },
      data: { data: [utf8("one"), utf8("two")] },
      metadata: { metadata: [utf8(""), utf8("m")] },
    });
    expect(decode(Block, encode(Block, block))).toEqual(block);
  });

  test("names the message and the cause when it refuses", () => {
    expect(() => decode(Block, hex("0a05 01"))).toThrow(
      expect.objectContaining({
        name: "WireError",
        code: "malformed",
        message: expect.stringMatching(/^not a valid common\.Block: .+/) as string,
        data: { type: "common.Block", length: 3 },
      }) as Error,
    );
  });

  test("gives plain byte arrays for a Node buffer", () => {
    const bytes = Buffer.from(encode(Envelope, { payload: utf8("p"), signature: utf8("s") }));
    const { payload } = decode(Envelope, bytes);
    expect(Buffer.isBuffer(payload)).toBe(false);
    expect(payload).toEqual(utf8("p"));
  });

  test("drops unknown fields of every wire type", () => {
    const unknown = "f80101 f90100000000 00000000 fa010161 fd0100000000 fb01 0801 fc01";
    expect(decode(Payload, hex(`${unknown} 120161`))).toEqual({
      header: undefined,
      data: utf8("a"),
    });
  });

  test("lets the last of two values stand", () => {
    expect(decode(Payload, hex("120161 120162")).data).toEqual(utf8("b"));
  });

  test("merges the two parts of a message that comes twice", () => {
    const { header } = decode(Payload, hex("0a030a0161 0a03120162"));
    expect(header).toEqual({ channelHeader: utf8("a"), signatureHeader: utf8("b") });
  });

  test("merges the parts of a choice unless another choice came between", () => {
    const one = "12020801";
    const two = "12041202 0807";
    const gate = { n: 1, rules: [{ type: { $case: "signedBy", value: 7 } }] };
    expect(decode(SignaturePolicy, hex(one + two)).type).toEqual({ $case: "nOutOf", value: gate });
    expect(decode(SignaturePolicy, hex(`${one} 0805 ${two}`)).type).toEqual({
      $case: "nOutOf",
      value: { ...gate, n: 0 },
    });
  });

  test("takes packed and unpacked numbers alike", () => {
    const packed = decode(EtcdraftBlockMetadata, hex("0a03010203"));
    expect(packed.consenterIds).toEqual([1, 2, 3]);
    expect(decode(EtcdraftBlockMetadata, hex("0801 0802 0803"))).toEqual(packed);
  });

  test("keeps a map entry whose value is absent, as an empty message", () => {
    const group = decode(ConfigGroup, hex("12030a0161"));
    expect(group.groups.get("a")).toEqual(create(ConfigGroup, {}));
  });

  test("refuses text that is not UTF-8 and keeps a byte order mark", () => {
    expect(tryDecode(SerializedIdentity, hex("0a02c328"))).toBeUndefined();
    expect(tryDecode(SerializedIdentity, hex("0a03eda080"))).toBeUndefined();
    expect(decode(SerializedIdentity, hex("0a04efbbbf61")).mspid).toBe("\ufeffa");
  });
});

describe("integers of 64 bits", () => {
  test("are exact decimal text where they may fill all bits", () => {
    const greatest = "18446744073709551615";
    const bytes = hex("08ffffffffffffffffff01");
    expect(decode(SeekSpecified, bytes)).toEqual({ number: greatest });
    expect(encode(SeekSpecified, { number: greatest })).toEqual(bytes);
    expect(decode(PeerTime, hex("088080808080808080800110ffffffffffffffffff01"))).toEqual({
      incNum: "9223372036854775808",
      seqNum: greatest,
    });
    expect(decode(GossipHello, hex("")).nonce).toBe("0");
  });

  test("are numbers elsewhere, and refused beyond 2^53", () => {
    expect(decode(ChannelHeader, hex("30ffffffffffffff0f")).epoch).toBe(2 ** 53 - 1);
    expect(tryDecode(ChannelHeader, hex("308080808080808010"))).toBeUndefined();
  });
});

describe("hostile bytes", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["a nested message longer than its parent", "0a05 0a0161"],
    ["a nested message cut by its own length", "0a02 0a0161 12"],
    ["a length of 2^31-1", "12 ffffffff07"],
    ["a nested length of 2^31-1", "0a ffffffff07"],
    ["a length of 2^32-1", "12 ffffffff0f"],
    ["a skipped field with a length of 2^31-1", "1a ffffffff07"],
    ["a tag cut short", "92"],
    ["a length cut short", "12 80"],
    ["a varint longer than ten bytes", "12 80808080808080808080 01"],
    ["field number 0", "00"],
    ["field number 0 with a length", "0200"],
    ["a tag beyond 32 bits", "9280808010 00"],
    ["the reserved wire types", "0e"],
    ["a group end without a beginning", "1c"],
    ["a group that ends under another number", "1b 24"],
    ["a group without an end", "1b"],
  ];
  for (const [name, bytes] of refused) {
    test(`${name} is refused`, { timeout: REFUSAL_MS_MAX }, () => {
      expect(refusal(hex(bytes))).toBeInstanceOf(WireError);
    });
  }

  test("packed numbers that overrun their length are refused", () => {
    expect(tryDecode(EtcdraftBlockMetadata, hex("0a01 8001"))).toBeUndefined();
    expect(tryDecode(EtcdraftBlockMetadata, hex("0a ffffffff07 01"))).toBeUndefined();
  });

  test("10,000 levels of groups are refused", { timeout: REFUSAL_MS_MAX }, () => {
    expect(refusal(new Uint8Array(10_000).fill(0x1b))).toBeInstanceOf(WireError);
  });

  test("10,000 levels of messages are refused", { timeout: REFUSAL_MS_MAX }, () => {
    expect(tryDecode(SignaturePolicy, nestedPolicy(10_000))).toBeUndefined();
    expect(tryDecode(SignaturePolicyEnvelope, hex("1200"))).toBeDefined();
  });

  test("as many levels as a policy in use needs are taken", () => {
    expect(tryDecode(SignaturePolicy, nestedPolicy(49))).toBeDefined();
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])(
    "random bytes are either refused or decode to something that encodes again",
    (bytes) => {
      for (const type of [Block, Payload, ConfigGroup, SignaturePolicy]) {
        expectDecodesOrRefuses(type, bytes);
      }
    },
  );

  test.prop([fc.nat(), fc.nat({ max: 255 })])(
    "a block with one byte changed never crashes",
    (at, to) => {
      const bytes = encode(Block, sampleBlock());
      bytes[at % bytes.length] = to;
      expectDecodesOrRefuses(Block, bytes);
    },
  );

  test("every prefix of a block is refused or shorter by whole fields", () => {
    const bytes = encode(Block, sampleBlock());
    for (let length = 0; length < bytes.length; length += 1) {
      const block = tryDecode(Block, bytes.subarray(0, length));
      if (block !== undefined) expect(encode(Block, block)).toEqual(bytes.subarray(0, length));
    }
  });
});

function sampleBlock(): Block {
  return create(Block, {
    header: { number: 300, previousHash: new Uint8Array(32).fill(1), dataHash: new Uint8Array(32) },
    data: { data: [utf8("envelope")] },
    metadata: { metadata: [utf8("a"), utf8("b")] },
  });
}

function expectDecodesOrRefuses(
  type: Parameters<typeof decode<object>>[0],
  bytes: Uint8Array,
): void {
  const message = tryDecode(type, bytes);
  if (message === undefined) {
    expect(() => decode(type, bytes)).toThrow(WireError);
  } else {
    expect(decode(type, encode(type, message))).toEqual(message);
  }
}

/** A policy with `levels` gates inside each other, each of them two messages deep. */
function nestedPolicy(levels: number): Uint8Array {
  const bytes: number[] = [];
  // Back to front: the length of what is inside is known by then.
  for (let level = 0; level < levels; level += 1) {
    bytes.push(...lengthReversed(bytes.length), 0x12);
    bytes.push(...lengthReversed(bytes.length), 0x12);
  }
  return Uint8Array.from(bytes.reverse());
}

function lengthReversed(length: number): readonly number[] {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest].reverse();
}
