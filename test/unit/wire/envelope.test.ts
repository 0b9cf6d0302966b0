import { describe, expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { concatBytes, equalBytes, fromHex, utf8 } from "../../../src/kernel/bytes.ts";
import {
  ChannelHeader,
  Envelope,
  Payload,
  SignatureHeader,
  create,
  encode,
  isCanonicalEnvelope,
  encodeUvarint,
  openEnvelope,
  tryDecode,
} from "../../../src/wire/index.ts";

const channelHeader = create(ChannelHeader, { type: 3, channelId: "ch1", txId: "t" });
const signatureHeader = create(SignatureHeader, { creator: utf8("me"), nonce: utf8("once") });
const GARBAGE = Uint8Array.of(0x0a, 0x7f);

function envelopeWith(header: {
  channelHeader?: Uint8Array;
  signatureHeader?: Uint8Array;
}): Envelope {
  const payload = create(Payload, {
    header: {
      channelHeader: encode(ChannelHeader, channelHeader),
      signatureHeader: encode(SignatureHeader, signatureHeader),
      ...header,
    },
    data: utf8("data"),
  });
  return { payload: encode(Payload, payload), signature: utf8("signature") };
}

describe("openEnvelope", () => {
  const envelope = envelopeWith({});

  test("reads both headers and leaves the data alone", () => {
    const reading = openEnvelope(encode(Envelope, envelope));
    expect(reading).toMatchObject({
      kind: "opened",
      opened: { envelope, channelHeader, signatureHeader, payload: { data: utf8("data") } },
    });
  });

  test("takes an envelope that is already decoded", () => {
    expect(openEnvelope(envelope)).toEqual(openEnvelope(encode(Envelope, envelope)));
  });

  test.each([
    ["envelope", GARBAGE],
    ["payload", { payload: GARBAGE, signature: utf8("s") }],
    ["missing-header", { payload: utf8(""), signature: utf8("s") }],
    ["channel-header", envelopeWith({ channelHeader: GARBAGE })],
    ["signature-header", envelopeWith({ signatureHeader: GARBAGE })],
  ])("says that the %s is malformed", (defect, source) => {
    expect(openEnvelope(source)).toEqual({ kind: "malformed", defect });
  });

  test.prop([fc.uint8Array({ maxLength: 300 })])("answers any bytes without throwing", (bytes) => {
    expect(["opened", "malformed"]).toContain(openEnvelope(bytes).kind);
  });
});

describe("a canonical envelope", () => {
  const canonical = encode(Envelope, { payload: utf8("p"), signature: utf8("s") });

  test("is what encode writes", () => {
    expect(isCanonicalEnvelope(canonical)).toBe(true);
  });

  test.each([
    ["without a payload", "120173"],
    ["without a signature", "0a0170"],
    ["with an unknown field", "0a0170 120173 1801"],
    ["with its fields in another order", "120173 0a0170"],
    ["with a field twice", "0a0170 0a0170 120173"],
    ["with an overlong length", "0a8100 70 120173"],
    ["with an overlong tag", "8a00 0170 120173"],
    ["that does not decode", "0a05"],
    ["of no bytes", ""],
  ])("is not one %s", (_, hex) => {
    expect(isCanonicalEnvelope(fromHex(hex.replaceAll(" ", ""))!)).toBe(false);
  });

  // Of every length of the lengths, and bytes that decode to an envelope in other ways.
  const part = fc.integer({ min: 0, max: 20_000 }).map((length) => new Uint8Array(length).fill(7));
  const field = fc.tuple(fc.constantFrom("0a", "12", "1a", "8a00"), part).map(([tag, content]) => {
    const { length } = content;
    const shortest = encodeUvarint(length);
    const overlong = Uint8Array.of(
      (length & 0x7f) | 0x80,
      ((length >> 7) & 0x7f) | 0x80,
      length >> 14,
    );
    return concatBytes(fromHex(tag)!, length % 3 === 0 ? overlong : shortest, content);
  });
  test.prop([fc.array(field, { maxLength: 4 })])(
    "is one exactly where it encodes to the same bytes",
    (fields) => {
      const bytes = concatBytes(Uint8Array.of(9), ...fields).subarray(1);
      const envelope = tryDecode(Envelope, bytes);
      const isSame =
        envelope !== undefined &&
        envelope.payload.length > 0 &&
        envelope.signature.length > 0 &&
        equalBytes(encode(Envelope, envelope), bytes);
      expect(isCanonicalEnvelope(bytes)).toBe(isSame);
    },
  );

  test.prop([part, part])("of any length is what encode writes", (payload, signature) => {
    fc.pre(payload.length > 0 && signature.length > 0);
    expect(isCanonicalEnvelope(encode(Envelope, { payload, signature }))).toBe(true);
  });

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 20 })])(
    "is no longer one with bytes appended",
    (more) => {
      // A second payload or signature replaces the first, and so the bytes differ.
      expect(isCanonicalEnvelope(concatBytes(canonical, more))).toBe(false);
    },
  );
});
