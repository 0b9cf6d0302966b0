import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { utf8 } from "../../../../../src/kernel/bytes.ts";
import type { Envelope } from "../../../../../src/wire/index.ts";
import {
  ChannelHeader,
  HeaderType,
  Payload,
  SignatureHeader,
  Status,
  create,
  encode,
} from "../../../../../src/wire/index.ts";
import {
  checkExpiration,
  checkSize,
  classify,
  sizeOf,
} from "../../../../../cluster/ordering/core/message-rules.ts";

function envelopeOf(type: number): Envelope {
  const header = {
    channelHeader: encode(ChannelHeader, create(ChannelHeader, { type, channelId: "ch1" })),
    signatureHeader: encode(SignatureHeader, create(SignatureHeader, { creator: utf8("me") })),
  };
  return { payload: encode(Payload, { header, data: utf8("data") }), signature: utf8("signed") };
}

describe("classification", () => {
  test.each([HeaderType.MESSAGE, HeaderType.ENDORSER_TRANSACTION, 5, 8, 99])(
    "takes type %i for a normal message",
    (type) => {
      expect(classify(envelopeOf(type)).kind).toBe("normal");
    },
  );

  test("recognises a configuration update", () => {
    expect(classify(envelopeOf(HeaderType.CONFIG_UPDATE)).kind).toBe("configUpdate");
  });

  test.each([
    [HeaderType.CONFIG, "message is of type that cannot be processed directly"],
    [HeaderType.ORDERER_TRANSACTION, "message is of type that is no longer supported"],
  ])("refuses type %i in Fabric's words", (type, info) => {
    expect(classify(envelopeOf(type))).toMatchObject({
      kind: "refused",
      refusal: { status: Status.BAD_REQUEST, info },
    });
  });

  test.each([
    ["an empty payload", new Uint8Array(0), "header not set"],
    ["no payload", utf8("not a payload"), "error unmarshalling Payload"],
  ])("refuses an envelope with %s", (_, payload, cause) => {
    expect(classify({ payload, signature: utf8("s") })).toMatchObject({
      kind: "refused",
      refusal: { status: Status.BAD_REQUEST, info: `could not determine channel ID: ${cause}` },
    });
  });

  test.prop([fc.uint8Array({ maxLength: 300 })])("answers any bytes", (payload) => {
    expect(["normal", "configUpdate", "refused"]).toContain(
      classify({ payload, signature: payload }).kind,
    );
  });
});

describe("the size filter", () => {
  const envelope = { payload: new Uint8Array(60), signature: new Uint8Array(40) };

  test("counts payload and signature, and lets the exact maximum pass", () => {
    expect(sizeOf(envelope)).toBe(100);
    expect(checkSize(envelope, 100)).toBeUndefined();
    expect(checkSize(envelope, 99)).toEqual({
      status: Status.BAD_REQUEST,
      info: "message payload is 100 bytes and exceeds maximum allowed 99 bytes",
    });
  });

  test("refuses an empty message before its size", () => {
    expect(checkSize({ ...envelope, payload: new Uint8Array(0) }, 1)?.info).toBe(
      "Message was empty",
    );
  });
});

test("an identity has expired after its last moment, not at it", () => {
  expect(checkExpiration(1_000, 1_000)).toBeUndefined();
  expect(checkExpiration(1_000, 1_001)).toEqual({
    status: Status.BAD_REQUEST,
    info: "broadcast client identity expired",
  });
});
