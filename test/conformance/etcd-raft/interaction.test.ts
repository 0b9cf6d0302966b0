import { describe, expect, test } from "vitest";
import { comparable } from "./interaction/expected.ts";
import { ScriptedGroup } from "./interaction/group.ts";
import { readScript, scriptNames } from "./scripts.ts";

/** Scripts about something that our core does not offer, and why. */
const NOT_APPLICABLE: ReadonlyMap<string, string> = new Map([
  [
    "confchange_disable_validation.txt",
    "two changes at once, which etcd permits as an experiment; our core never does",
  ],
  [
    "forget_leader_read_only_lease_based.txt",
    "reads that trust the leader's clock, which our core does not offer",
  ],
]);

const files = scriptNames("interaction");
const applicable = files.filter((file) => !NOT_APPLICABLE.has(file));

function commandCount(names: readonly string[]): number {
  return names.reduce((sum, file) => sum + readScript("interaction", file).length, 0);
}

const counts = { replayed: commandCount(applicable), all: commandCount(files) };

test(`of etcd's interaction scripts, ${counts.replayed} of ${counts.all} commands are replayed`, () => {
  expect(files).toHaveLength(28);
  expect(files).toEqual(expect.arrayContaining([...NOT_APPLICABLE.keys()]));
  expect(counts).toEqual({ replayed: 542, all: 558 });
});

describe.each(applicable)("etcd's interaction/%s", (file) => {
  test("runs as there", () => {
    const cases = readScript("interaction", file);
    const group = new ScriptedGroup(cases);
    for (const testCase of cases) {
      const place = `${file}, line ${testCase.line}: ${testCase.command}`;
      const output = group.run(testCase);
      expect(comparable(output), place).toEqual(comparable(testCase.expected));
    }
  });
});
