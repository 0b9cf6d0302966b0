import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { PeerTable } from "../../../../gossip/core/peer-table.ts";

interface Entry {
  readonly peer: string;
  readonly value: number;
}

const step = fc.record({
  isSet: fc.boolean(),
  peer: fc.nat(40).map((number) => `peer ${number}`),
  value: fc.nat(),
});

test.prop([fc.array(step, { maxLength: 300 })])("a table holds what a map would hold", (steps) => {
  const table = new PeerTable<Entry>();
  const map = new Map<string, number>();
  for (const { isSet, peer, value } of steps) {
    if (isSet) {
      table.set({ peer, value });
      map.set(peer, value);
    } else {
      expect(table.delete(peer)).toBe(map.delete(peer));
    }
    expect(table.size).toBe(map.size);
  }
  for (let number = 0; number <= 40; number += 1) {
    const peer = `peer ${number}`;
    expect(table.get(peer)?.value).toBe(map.get(peer));
    expect(table.has(peer)).toBe(map.has(peer));
  }
  expect(new Set(table.entries().map(({ peer }) => peer))).toEqual(new Set(map.keys()));
});
