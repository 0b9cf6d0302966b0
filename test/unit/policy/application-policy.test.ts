import { describe, expect, test } from "vitest";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import {
  PolicyError,
  decodeApplicationPolicy,
  encodePolicyReference,
  encodeSignaturePolicy,
  parsePolicy,
} from "../../../src/policy/index.ts";

describe("an application policy", () => {
  test("is a signature policy written out", () => {
    const envelope = parsePolicy("AND('A.peer', 'B.peer')");
    expect(decodeApplicationPolicy(encodeSignaturePolicy(envelope))).toEqual({
      kind: "signature",
      envelope,
    });
  });

  test("is a reference to a channel policy, relative to the application group", () => {
    const path = (reference: string): unknown =>
      decodeApplicationPolicy(encodePolicyReference(reference));
    expect(path("/Channel/Application/Admins")).toEqual({
      kind: "reference",
      path: "/Channel/Application/Admins",
    });
    expect(path("Endorsement")).toEqual({
      kind: "reference",
      path: "/Channel/Application/Endorsement",
    });
  });

  test.each([EMPTY_BYTES, Uint8Array.of(255), Uint8Array.of(0x0a, 0x05)])(
    "is refused when its bytes are %s",
    (bytes) => {
      expect(() => decodeApplicationPolicy(bytes)).toThrow(PolicyError);
    },
  );
});
