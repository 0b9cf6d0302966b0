import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { decodeWindow, encodeWindow } from "../../../../../cluster/ordering/core/window-record.ts";

const record = fc.record({
  number: fc.maxSafeNat(),
  headerHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  blocks: fc.array(fc.array(fc.string({ unit: "binary-ascii", maxLength: 80 }), { maxLength: 5 }), {
    maxLength: 10,
  }),
});

describe("a window on disk", () => {
  test.prop([record])("is what was written", (written) => {
    expect(decodeWindow(encodeWindow(written))).toEqual(written);
  });

  test.prop([record, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    "is not taken with any byte changed, missing or added",
    (written, place, change) => {
      const bytes = encodeWindow(written);
      const cut = bytes.slice(0, place % bytes.length);
      expect(decodeWindow(cut)).toBeUndefined();
      expect(decodeWindow(Uint8Array.of(...bytes, change))).toBeUndefined();
      const index = place % bytes.length;
      bytes[index] = bytes[index]! ^ change;
      expect(decodeWindow(bytes)).toBeUndefined();
    },
  );

  test.prop([fc.uint8Array({ maxLength: 300 })])("is not made of any bytes", (bytes) => {
    expect(decodeWindow(bytes)).toBeUndefined();
  });
});
