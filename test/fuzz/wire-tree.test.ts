import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../src/kernel/bytes.ts";
import { SeededRandom } from "../../src/kernel/seeded-random.ts";
import { Envelope, Header, Payload, decode, encode } from "../../src/wire/index.ts";
import { changeWire } from "./change-wire.ts";
import { fieldsOf, lengthDelimitedField, withField } from "./wire-tree.ts";

const header = { channelHeader: utf8("channel"), signatureHeader: utf8("signature") };
const payload = encode(Payload, { header, data: utf8("data") });
const envelope = encode(Envelope, { payload, signature: utf8("signed") });

describe("the fields of a message", () => {
  test("are found at every depth", () => {
    const channelHeader = fieldsOf(envelope).find(
      ({ bodyStart, end }) => String(envelope.subarray(bodyStart, end)) === String(utf8("channel")),
    );
    expect(channelHeader?.number).toBe(1);
    expect(channelHeader?.parent?.parent?.number).toBe(1);
    expect(channelHeader?.parent?.parent?.parent).toBeUndefined();
  });

  test("can be replaced: what holds them has the right length again", () => {
    const fields = fieldsOf(envelope);
    const field = fields.find(({ parent }) => parent?.parent !== undefined)!;
    const long = new Uint8Array(300).fill(1);
    const changed = withField(envelope, field, lengthDelimitedField(field.number, long));
    const read = decode(Payload, decode(Envelope, changed).payload);
    expect(read.header?.channelHeader).toEqual(long);
    expect(read.data).toEqual(utf8("data"));
  });

  property.prop([fc.uint8Array({ maxLength: 200 })])("are whole, whatever the bytes", (bytes) => {
    for (const { start, bodyStart, end, parent } of fieldsOf(bytes)) {
      expect(start).toBeLessThan(bodyStart);
      expect(bodyStart).toBeLessThanOrEqual(end);
      expect(end).toBeLessThanOrEqual(parent?.end ?? bytes.length);
    }
  });

  test("change in most inputs, and many are messages still", () => {
    const random = new SeededRandom(1);
    const changed = Array.from({ length: 500 }, () => changeWire(envelope, random, payload));
    const isMessage = (bytes: Uint8Array): boolean => fieldsOf(bytes).length > 0;
    expect(changed.filter((bytes) => String(bytes) !== String(envelope)).length).toBeGreaterThan(
      450,
    );
    expect(changed.filter(isMessage).length).toBeGreaterThan(250);
  });

  test("of bytes that are no message are none", () => {
    expect(fieldsOf(concatBytes(encode(Header, header), Uint8Array.of(0xff)))).toEqual([]);
  });
});
