import { beforeAll, describe, expect, test } from "vitest";
import { allEntries } from "./all-entries.ts";
import { BrokenRule, type Entry } from "./entry.ts";
import { makeInput } from "./make-input.ts";
import { INPUT_MS_MAX, runInputs } from "./run-inputs.ts";
import { utf8 } from "../../src/kernel/bytes.ts";

/** Of an entry with the whole share. How long they take is for the search: others work on the machine that runs tests. */
const INPUTS = 150;

let entries: readonly Entry[];

beforeAll(async () => {
  entries = await allEntries();
});

describe("the places that take others' bytes", () => {
  test("have names of their own, and are enough", () => {
    const names = new Set(entries.map(({ name }) => name));
    expect(names.size).toBe(entries.length);
    expect(names.size).toBeGreaterThanOrEqual(40);
  });

  // `slice` of a `Buffer` is no copy, and samples must stay as they are.
  test("have samples that are plain bytes", () => {
    const samples = entries.flatMap((entry) => entry.samples);
    expect(samples.every((sample) => sample.constructor === Uint8Array)).toBe(true);
  });

  test("accept valid inputs: what is made of them gets past the first look", async () => {
    for (const { name, samples, take } of entries) {
      const answers: boolean[] = [];
      for (const sample of samples) answers.push(await take(sample));
      expect(answers, name).toContain(true);
    }
  });

  test("take what is wrong, and refuse it in good order", async () => {
    for (const entry of entries) {
      const count = Math.ceil(INPUTS * (entry.share ?? 1));
      const { findings } = await runInputs(entry, { seed: 1, from: 0, count }, Infinity);
      expect(findings.map(({ number, what }) => `${entry.name} ${number}: ${what}`)).toEqual([]);
    }
  }, 120_000);
});

describe("a search", () => {
  const text = { name: "canary", form: "text", samples: [utf8("a=1"), utf8("b=22")] } as const;

  test("makes the same inputs again, and others of another seed", () => {
    const inputs = (seed: number): readonly string[] =>
      Array.from({ length: 50 }, (_, number) => String(makeInput(text, seed, number)));
    expect(inputs(1)).toEqual(inputs(1));
    expect(inputs(2)).not.toEqual(inputs(1));
    expect(new Set(inputs(1)).size).toBeGreaterThan(25);
  });

  test.each<[string, (input: Uint8Array) => boolean]>([
    [
      "an error that nobody expects",
      (input) => {
        if (input.includes(0xff)) throw new RangeError("found");
        return true;
      },
    ],
    [
      "a rule that is broken",
      (input) => {
        if (input.length === 2) throw new BrokenRule("found");
        return true;
      },
    ],
  ])("finds %s, with its input", async (_, take) => {
    const { findings } = await runInputs({ ...text, take }, { seed: 1, from: 0, count: 3_000 });
    expect(findings.length).toBeGreaterThan(0);
    for (const { what, input } of findings) {
      expect(what).toContain("found");
      expect(() => take(input)).toThrow("found");
    }
  });

  test("finds an input that keeps the process busy", async () => {
    const take = (): boolean => {
      const endMs = performance.now() + INPUT_MS_MAX + 5;
      while (performance.now() < endMs);
      return true;
    };
    const { findings } = await runInputs({ ...text, take }, { seed: 1, from: 0, count: 1 });
    expect(findings[0]?.what).toMatch(/takes \d+ ms/);
  });
});
