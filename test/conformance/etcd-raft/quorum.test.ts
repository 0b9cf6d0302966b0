import { describe, expect, test } from "vitest";
import type { JointVoters } from "../../../cluster/raft/quorum.ts";
import {
  committedIndex,
  jointCommittedIndex,
  jointVoteResult,
  voteResult,
} from "../../../cluster/raft/quorum.ts";
import type { DatadrivenCase } from "./datadriven.ts";
import { readScript } from "./scripts.ts";

const NO_VOTERS: ReadonlySet<number> = new Set();

/** `joint` is undefined for a command about a single majority. */
interface Group {
  readonly voters: ReadonlySet<number>;
  readonly joint: JointVoters | undefined;
  /** Of both halves, in the order in which the command names them. */
  readonly ids: readonly number[];
}

function readGroup({ args }: DatadrivenCase): Group {
  const outgoing = args.get("cfgj");
  const voters = (args.get("cfg") ?? []).map(Number);
  const isEmpty = outgoing?.[0] === "zero";
  const votersOutgoing = isEmpty ? [] : (outgoing ?? []).map(Number);
  const joint = { voters: new Set(voters), votersOutgoing: new Set(votersOutgoing) };
  return {
    voters: new Set(voters),
    joint: outgoing === undefined ? undefined : joint,
    ids: [...new Set([...voters, ...votersOutgoing])],
  };
}

/** The values that the command gives to its ids, without those that it leaves open. */
function readValues<T>(
  { ids }: Group,
  words: readonly string[],
  parse: (word: string) => T,
): Map<number, T> {
  expect(words).toHaveLength(ids.length);
  const values = new Map<number, T>();
  ids.forEach((id, position) => {
    const word = words[position] ?? "_";
    if (word !== "_") values.set(id, parse(word));
  });
  return values;
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
  const group = readGroup(testCase);
  const acknowledged = readValues(group, testCase.args.get("idx") ?? [], Number);
  const acknowledgedBy = (id: number): number | undefined => acknowledged.get(id);
  const index =
    group.joint === undefined
      ? committedIndex(group.voters, acknowledgedBy)
      : jointCommittedIndex(group.joint, acknowledgedBy);
  for (const equivalent of equivalents(group)) {
    expect(jointCommittedIndex(equivalent, acknowledgedBy)).toBe(index);
  }
  return `${describeIndexes(group.ids, acknowledged)}${index === Infinity ? "∞" : index}\n`;
}

function runVote(testCase: DatadrivenCase): string {
  const group = readGroup(testCase);
  const votes = readValues(group, testCase.args.get("votes") ?? [], (letter) => letter === "y");
  const result =
    group.joint === undefined
      ? voteResult(group.voters, votes)
      : jointVoteResult(group.joint, votes);
  for (const equivalent of equivalents(group)) {
    expect(jointVoteResult(equivalent, votes)).toBe(result);
  }
  const names = { won: "VoteWon", lost: "VoteLost", pending: "VotePending" };
  return `${names[result]}\n`;
}

/** Joint configurations that must decide as `group` does: the halves exchanged, or joint with itself or with nobody. */
function equivalents({ voters, joint }: Group): readonly JointVoters[] {
  if (joint !== undefined) {
    return [{ voters: joint.votersOutgoing, votersOutgoing: joint.voters }];
  }
  return [
    { voters, votersOutgoing: voters },
    { voters, votersOutgoing: NO_VOTERS },
  ];
}

const scripts = [
  { file: "majority_commit.txt", command: "committed", run: runCommitted, count: 16 },
  { file: "majority_vote.txt", command: "vote", run: runVote, count: 22 },
  { file: "joint_commit.txt", command: "committed", run: runCommitted, count: 50 },
  { file: "joint_vote.txt", command: "vote", run: runVote, count: 39 },
];

describe.each(scripts)("etcd's quorum/$file", ({ file, command, run, count }) => {
  const cases = readScript("quorum", file);

  test("has its commands", () => {
    expect(cases).toHaveLength(count);
    expect(new Set(cases.map((testCase) => testCase.command))).toEqual(new Set([command]));
  });

  test.each(cases)("gives its output at line $line", (testCase) => {
    expect(run(testCase)).toBe(testCase.expected);
  });
});
