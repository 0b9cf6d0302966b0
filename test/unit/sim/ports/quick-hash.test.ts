import { expect, test } from "vitest";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import { quickHash } from "../../../../src/sim/ports/quick-hash.ts";

function textOf(bytes: Uint8Array): string {
  const { first, second } = quickHash(bytes);
  return `${first} ${second}`;
}

test("every turned bit, every byte more or less and every exchange of bytes gives another hash", () => {
  const bytes = new SeededRandom(1).bytes(97);
  const changed: Uint8Array[] = [bytes];
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const turned = bytes.slice();
      turned[at] = (turned[at] ?? 0) ^ (1 << bit);
      changed.push(turned);
    }
    changed.push(bytes.subarray(0, at));
    const [one = 0, other = 0] = [bytes[at], bytes[(at + 4) % bytes.length]];
    if (one === other) continue;
    const exchanged = bytes.slice();
    exchanged[at] = other;
    exchanged[(at + 4) % bytes.length] = one;
    changed.push(exchanged);
  }
  expect(new Set(changed.map(textOf)).size).toBe(changed.length);
});

test("zeros at the end count", () => {
  const rows = Array.from({ length: 40 }, (_, length) => new Uint8Array(length));
  expect(new Set(rows.map(textOf)).size).toBe(rows.length);
});

test("what went before counts", () => {
  const message = new Uint8Array([1, 2, 3]);
  const [one, other] = [1, 2].map((byte) => quickHash(message, quickHash(new Uint8Array([byte]))));
  expect(one).not.toEqual(other);
});
