import type { ConfChangeOp, RaftConfiguration } from "../../../cluster/raft/configuration.ts";

/** `configuration` as etcd's scripts write it: `voters=(1 2)&&(1) learners=(3) autoleave`. */
export function configurationText(configuration: RaftConfiguration): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration;
  let text = `voters=${idsText(voters)}`;
  if (votersOutgoing.length > 0) text += `&&${idsText(votersOutgoing)}`;
  if (learners.length > 0) text += ` learners=${idsText(learners)}`;
  if (learnersNext.length > 0) text += ` learners_next=${idsText(learnersNext)}`;
  return autoLeave ? `${text} autoleave` : text;
}

function idsText(ids: readonly number[]): string {
  return `(${ids.join(" ")})`;
}

/** The steps in `text`: `v1` makes 1 a voter, `l1` a learner, `r1` removes it, `u1` marks it as updated. */
export function parseOps(text: string): readonly ConfChangeOp[] {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  return words.map((word) => ({ type: opTypeOf(word), id: Number(word.slice(1)) }));
}

function opTypeOf(word: string): ConfChangeOp["type"] {
  const letters = { v: "addVoter", l: "addLearner", r: "remove", u: "update" } as const;
  const letter = word[0];
  if (letter === "v" || letter === "l" || letter === "r" || letter === "u") return letters[letter];
  throw new Error(`unknown step ${word}`);
}
