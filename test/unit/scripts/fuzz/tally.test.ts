import { expect, test } from "vitest";
import { FuzzTally } from "../../../../scripts/fuzz/tally.ts";

const RESULT = { inputs: 500, accepted: 100, slowestMs: 3, findings: [] };
const FINDING = { entry: "PEM", seed: 1, number: 7, input: new Uint8Array(1), what: "RangeError" };

test("adds up what entries were given", () => {
  const tally = new FuzzTally();
  tally.add({ kind: "range", entry: "PEM", result: RESULT });
  tally.add({ kind: "range", entry: "PEM", result: { ...RESULT, slowestMs: 2 } });
  tally.add({ kind: "range", entry: "identity", result: { ...RESULT, slowestMs: 9 } });
  expect(tally.inputs).toBe(1_500);
  expect(tally.slowestMs).toBe(9);
  expect(tally.faults).toBe(0);
  expect(tally.summary()).toMatch(/PEM +1,000 +20 % +3\.0/);
  expect(tally.summary()).toContain("1,500 inputs over 2 entries, 0 findings, slowest 9.0 ms");
});

test("counts findings, and errors that nobody waited for", () => {
  const tally = new FuzzTally();
  tally.add({ kind: "range", entry: "PEM", result: { ...RESULT, findings: [FINDING] } });
  tally.add({ kind: "stray", what: "a rejection that nobody handled" });
  expect(tally.faults).toBe(2);
});
