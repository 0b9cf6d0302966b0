import { describe, expect, test } from "vitest";
import { comparable } from "./interaction/expected.ts";
import { ScriptedGroup } from "./interaction/group.ts";
import { readScript, scriptNames } from "./scripts.ts";

/** Scripts about something that our core does not offer, and why. */
const NOT_APPLICABLE: ReadonlyMap<string, string> = new Map([
  [
    "confchange_disable_validation.txt",
    "takes a second change while the first is not applied, with etcd's check switched off; a check on which safety rests " +
      "(thesis §4.1) has no switch here",
  ],
  [
    "forget_leader_read_only_lease_based.txt",
    "forgets no leader under reads that trust its clock; here a majority confirms each read (thesis §6.4), so that " +
      "forgetting one is always safe",
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
