import { fc, test as property } from "@fast-check/vitest";
import { expect } from "vitest";
import { compareBytes, compareUtf8, toHex } from "../../../../src/kernel/bytes.ts";
import { ChannelKeys } from "../../../../src/ledger/core/keys.ts";

// Few characters, so that names run into each other if anything lets them; the last ones sort high.
const name = fc.string({
  unit: fc.constantFrom("a", "b", "\u0000", "$", "\uffff", "\u{10ffff}"),
  maxLength: 3,
});
const place = fc.record({ channel: name, namespace: name, key: name });

property.prop([place, place])("no two places share a key", (a, b) => {
  const stored = (one: typeof a): string =>
    toHex(new ChannelKeys(one.channel).publicState(one.namespace, one.key));
  expect(stored(a) === stored(b)).toBe(
    a.channel === b.channel && a.namespace === b.namespace && a.key === b.key,
  );
});

property.prop([place, place, name, name])(
  "a range holds the keys of its namespace between its ends and no others",
  (range, other, start, end) => {
    const keys = new ChannelKeys(range.channel);
    const { start: first, end: last } = keys.publicRange(range.namespace, start, end);
    const isInside = (stored: Uint8Array): boolean =>
      compareBytes(stored, first) >= 0 && compareBytes(stored, last!) < 0;
    const own = keys.publicState(range.namespace, range.key);
    expect(keys.publicKeyOf(range.namespace, own)).toBe(range.key);
    expect(isInside(own)).toBe(
      compareUtf8(range.key, start) >= 0 && (end === "" || compareUtf8(range.key, end) < 0),
    );
    if (other.channel !== range.channel || other.namespace !== range.namespace) {
      expect(isInside(new ChannelKeys(other.channel).publicState(other.namespace, other.key))).toBe(
        false,
      );
    }
    expect(isInside(keys.privateState(range.namespace, other.key, range.key))).toBe(false);
  },
);
