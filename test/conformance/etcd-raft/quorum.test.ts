import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { committedIndex, voteResult } from "../../cluster/raft/quorum.ts";
import type { DatadrivenCase } from "./datadriven.ts";
import { parseDatadriven } from "./datadriven.ts";

const fixtures = new URL("../fixtures/etcd-raft/quorum/", import.meta.url);

function voters({ args }: DatadrivenCase): number[] {
  return (args.get("cfg") ?? []).map(Number);
}

/** The script's chart: one bar for each voter, longer the further it is ahead. */
function describeIndexes(
  ids: readonly number[],
  acknowledged: ReadonlyMap<number, number>,
): string {
  if (ids.length === 0) return "<empty majority quorum>";
  const indexOf = (id: number): number => acknowledged.get(id) ?? 0;
  const rows = [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const behindCount = ids.filter((other) => indexOf(other) < indexOf(id)).length;
      const bar = acknowledged.has(id)
        ? `${"x".repeat(behindCount)}>`.padEnd(ids.length + 1)
        : "?".padEnd(ids.length + 1);
      return `${bar} ${String(indexOf(id)).padStart(5)}    (id=${id.toString(16)})\n`;
    });
  return `${" ".repeat(ids.length)}    idx\n${rows.join("")}`;
}

function runCommitted(testCase: DatadrivenCase): string {
  const ids = [...new Set(voters(testCase))];
  const indexes = testCase.args.get("idx") ?? [];
  expect(indexes).toHaveLength(ids.length);
  const acknowledged = new Map<number, number>();
  ids.forEach((id, position) => {
    if (indexes[position] !== "_") acknowledged.set(id, Number(indexes[position]));
  });
  const index = committedIndex(new Set(ids), (id) => acknowledged.get(id));
  return `${describeIndexes(ids, acknowledged)}${index === Infinity ? "∞" : index}\n`;
}

function runVote(testCase: DatadrivenCase): string {
  const ids = [...new Set(voters(testCase))];
  const letters = testCase.args.get("votes") ?? [];
  expect(letters).toHaveLength(ids.length);
  const votes = new Map<number, boolean>();
  ids.forEach((id, position) => {
    if (letters[position] !== "_") votes.set(id, letters[position] === "y");
  });
  const names = { won: "VoteWon", lost: "VoteLost", pending: "VotePending" };
  return `${names[voteResult(new Set(ids), votes)]}\n`;
}

const scripts = [
  { file: "majority_commit.txt", command: "committed", run: runCommitted, count: 16 },
  { file: "majority_vote.txt", command: "vote", run: runVote, count: 22 },
];

describe.each(scripts)("etcd's $file", ({ file, command, run, count }) => {
  const cases = parseDatadriven(readFileSync(new URL(file, fixtures), "utf8"));

  test("has its commands", () => {
    expect(cases).toHaveLength(count);
    expect(new Set(cases.map((testCase) => testCase.command))).toEqual(new Set([command]));
  });

  test.each(cases)("gives its output at line $line", (testCase) => {
    expect(run(testCase)).toBe(testCase.expected);
  });
});
