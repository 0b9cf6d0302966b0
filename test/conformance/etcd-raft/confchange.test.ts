import { describe, expect, test } from "vitest";
import type { ConfChangeRefusal, ConfChangeResult } from "../../../cluster/raft/conf-changer.ts";
import { enterJoint, leaveJoint, simpleChange } from "../../../cluster/raft/conf-changer.ts";
import type { RaftConfiguration } from "../../../cluster/raft/configuration.ts";
import { configurationOf, membersOf } from "../../../cluster/raft/configuration.ts";
import { configurationText, parseOps } from "./configuration-text.ts";
import type { DatadrivenCase } from "./datadriven.ts";
import { readScript, scriptNames } from "./scripts.ts";

/** etcd's words for each refusal. */
const REFUSALS: Record<ConfChangeRefusal, string> = {
  "already joint": "config is already joint",
  joint: "can't apply simple config change in joint config",
  "not joint": "can't leave a non-joint config",
  "without voters": "can't make a zero-voter config joint",
  "removes all voters": "removed all voters",
  "changes several voters": "more than one voter changed without entering joint config",
  "too many members": "",
};

/** One script's configuration, and for each member the command that it came with: where its log is first guessed to be. */
class Group {
  #configuration: RaftConfiguration = configurationOf([]);
  #next: ReadonlyMap<number, number> = new Map();
  #commandCount = 0;

  run(testCase: DatadrivenCase): string {
    const lastIndex = this.#commandCount;
    this.#commandCount += 1;
    const result = change(this.#configuration, testCase);
    if (!result.ok) return `${REFUSALS[result.reason]}\n`;
    this.#configuration = result.configuration;
    const members = membersOf(result.configuration);
    this.#next = new Map(
      members.map((id) => [id, this.#next.get(id) ?? Math.max(lastIndex, 1)] as const),
    );
    return `${configurationText(result.configuration)}\n${this.#progressText()}`;
  }

  #progressText(): string {
    const learners = new Set(this.#configuration.learners);
    return Array.from(this.#next, ([id, next]) => {
      const suffix = learners.has(id) ? " learner" : "";
      return `${id}: StateProbe match=0 next=${next}${suffix}\n`;
    }).join("");
  }
}

function change(current: RaftConfiguration, testCase: DatadrivenCase): ConfChangeResult {
  const ops = parseOps(testCase.input);
  switch (testCase.command) {
    case "simple":
      return simpleChange(current, ops);
    case "enter-joint":
      return enterJoint(current, testCase.args.get("autoleave")?.[0] === "true", ops);
    case "leave-joint":
      expect(ops).toEqual([]);
      return leaveJoint(current);
    default:
      throw new Error(`unknown command ${testCase.command}`);
  }
}

const files = scriptNames("confchange");

test("etcd's confchange scripts are all there", () => {
  expect(files).toHaveLength(9);
  expect(files.flatMap((file) => readScript("confchange", file))).toHaveLength(COMMAND_COUNT);
});

const COMMAND_COUNT = 58;

describe.each(files)("etcd's confchange/%s", (file) => {
  test("gives its outputs", () => {
    const group = new Group();
    for (const testCase of readScript("confchange", file)) {
      expect(group.run(testCase), `line ${testCase.line}`).toBe(testCase.expected);
    }
  });
});
