import { createHash } from "node:crypto";
import { expect } from "vitest";
import { fc, test } from "@fast-check/vitest";
import { fromHex, utf8 } from "../../../src/kernel/bytes.ts";
import { transactionId } from "../../../src/wire/index.ts";

test("a transaction id is the hash of nothing when both parts are empty", () => {
  expect(transactionId(utf8(""), utf8(""))).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

test.prop([fc.uint8Array(), fc.uint8Array()])(
  "the nonce comes before the creator",
  (nonce, creator) => {
    const expected = createHash("sha256").update(nonce).update(creator).digest();
    expect(fromHex(transactionId(nonce, creator))).toEqual(new Uint8Array(expected));
  },
);
