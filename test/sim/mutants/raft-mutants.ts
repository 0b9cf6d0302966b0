import type { Edit, Hunt, Mutant } from "./mutation.ts";

function raft(name: string, hunt: Hunt, ...edits: readonly Edit[]): Mutant {
  return { name, hunt, edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `cluster/raft/${file}.ts`, search, replacement };
}

/** Heartbeats that tell the whole commit index are harmless while the follower checks it, and the other way round. */
const HEARTBEAT_TELLS_ALL = edit(
  "replication",
  "const commit = Math.min(progress.match, commitFor(state, peer));",
  "const commit = commitFor(state, peer);",
);

/** Bugs of the core. Each was made somewhere, or is a rule of the paper left out. */
export const RAFT_MUTANTS: readonly Mutant[] = [
  raft(
    "counts a repeated vote as another voter's",
    "script",
    edit(
      "election",
      "if (!state.membership.isVoter(voter) || role.votes.has(voter)) return;",
      "if (role.votes.has(voter) && isGranted) voter = state.membership.electorate.find((each) => !role.votes.has(each)) ?? voter;",
    ),
  ),
  raft(
    "votes for a stale log",
    "group",
    edit(
      "election",
      "mayVote(state, message) && state.log.isUpToDate(candidateLast)",
      "mayVote(state, message)",
    ),
  ),
  raft(
    "votes for two candidates in a term",
    "group",
    edit(
      "election",
      "return state.votedFor === undefined && state.leaderId === undefined;",
      "return true;",
    ),
  ),
  raft(
    "sends a vote before it is durable",
    "script",
    edit(
      "election",
      'state.outbox.sendAfterPersist({ type: "voteAnswer"',
      'state.outbox.sendNow({ type: "voteAnswer"',
    ),
  ),
  raft(
    "asks for votes before its own is durable",
    "script",
    edit(
      "election",
      'state.outbox.sendAfterPersist({ type: "vote",',
      'state.outbox.sendNow({ type: "vote",',
    ),
  ),
  raft(
    "writes no vote",
    "script",
    edit(
      "hard-state",
      "return a.term !== b.term || a.votedFor !== b.votedFor;",
      "return a.term !== b.term;",
    ),
  ),
  raft(
    "forgets its vote when it restarts",
    "script",
    edit("state", "this.votedFor = hardState.votedFor;", "this.votedFor = undefined;"),
  ),
  raft(
    "does not hear what voters know to be committed",
    "script",
    edit("told-commit", "if (!log.maybeCommit(index)) return false;", "return false;"),
  ),
  raft(
    "takes no notice of a leader that is heard",
    "script",
    edit(
      "election",
      "return state.leaderId !== undefined && state.electionElapsed < state.options.electionTicks;",
      "return false;",
    ),
  ),
  raft(
    "raises its term for a pre-vote",
    "script",
    edit(
      "term-rules",
      'case "preVote":\n      return !isInLease(state);',
      'case "preVote":\n      break;',
    ),
  ),
  raft(
    "leads on without a majority",
    "script",
    edit("quorum-watch", "if (!isCutOff) return false;", "return false;"),
  ),
  raft(
    "acknowledges an append before it is durable",
    "group",
    edit(
      "follower",
      'state.outbox.sendAfterPersist({\n    type: "appendAccepted",',
      'state.outbox.sendNow({\n    type: "appendAccepted",',
    ),
  ),
  raft(
    "acknowledges the end of its log, not of the append",
    "script",
    edit(
      "follower",
      "accept(state, message.from, result.lastIndex);",
      "accept(state, message.from, log.last.index);",
    ),
  ),
  raft(
    "appends without a look at the entry before",
    "group",
    edit(
      "log",
      "if (!this.matches(previous)) return",
      "if (previous.index > this.last.index) return",
    ),
  ),
  raft(
    "keeps what conflicts with the leader",
    "group",
    edit(
      "log",
      "const conflict = entries.find((entry) => !this.matches(entry));",
      "const conflict = entries.find((entry) => entry.index > this.last.index);",
    ),
  ),
  raft(
    "truncates on an old append",
    "group",
    edit(
      "log",
      "const conflict = entries.find((entry) => !this.matches(entry));",
      "const conflict = entries[0];",
    ),
  ),
  raft(
    "takes the completion of an overwritten append for one of its successor",
    "script",
    edit(
      "persist-queue",
      "for (const batch of this.#batches) batch.durableTo = Math.min(batch.durableTo, index - 1);",
      "",
    ),
  ),
  raft(
    "commits an entry of an earlier term by counting",
    "script",
    edit("commitment", "state.log.termAt(index) !== state.term || ", ""),
  ),
  raft(
    "counts its own entries before they are durable",
    "group",
    edit("commitment", "state.persistQueue.durable", "state.log.last.index"),
  ),
  raft(
    "believes that a follower holds all that was sent",
    "group",
    edit(
      "progress",
      "    this.#match = index;\n",
      "    this.#match = Math.max(index, this.#next - 1);\n",
    ),
  ),
  raft(
    "commits what it is told, whether it matches or not",
    "script",
    HEARTBEAT_TELLS_ALL,
    edit("follower", "last.term === state.term ? last.index : state.matchedIndex", "last.index"),
  ),
  raft(
    "takes a match of an earlier term for one of this term",
    "script",
    HEARTBEAT_TELLS_ALL,
    edit("transition", "  state.matchedIndex = 0;\n", ""),
  ),
  raft(
    "gives a hint that helps nobody",
    "script",
    edit("follower", "hintIndex: hint.index,", "hintIndex: message.prevIndex,"),
    edit("follower", "hintTerm: hint.term,", "hintTerm: 0,"),
  ),
  raft(
    "hands out entries that are not durable",
    "group",
    edit("raft", "Math.min(log.committed, persistQueue.durable)", "log.committed"),
  ),
  raft(
    "elects by the new half of a joint configuration alone",
    "script",
    edit(
      "election",
      "jointVoteResult(state.membership, role.votes)",
      "jointVoteResult({ voters: state.membership.voters, votersOutgoing: new Set() }, role.votes)",
    ),
  ),
  raft(
    "commits by the new half of a joint configuration alone",
    "script",
    edit(
      "commitment",
      "jointCommittedIndex(state.membership, (voter)",
      "jointCommittedIndex({ voters: state.membership.voters, votersOutgoing: new Set() }, (voter)",
    ),
  ),
  raft(
    "counts learners as voters",
    "membership",
    edit(
      "membership",
      "new Set(configuration.voters);",
      "new Set([...configuration.voters, ...configuration.learners]);",
    ),
  ),
  raft(
    "makes two changes at once",
    "membership",
    edit(
      "proposal",
      'if (role.pendingConfIndex > applyQueue.applied) return "configuration change pending";',
      "",
    ),
  ),
  raft(
    "campaigns with a committed change unapplied",
    "script",
    edit(
      "election",
      "if (unapplied.some((entry) => changeOf(entry) !== undefined)) {",
      "if (unapplied.length < 0) {",
    ),
  ),
  raft(
    "leads on although it is no longer a member",
    "membership",
    edit("membership-rules", "if (state.options.stepDownOnRemoval) {", "if (state.term < 0) {"),
  ),
  raft(
    "goes back to an old snapshot",
    "script",
    edit("snapshot-rules", "if (snapshot.index <= log.committed) {", "if (snapshot.index < 0) {"),
  ),
  raft(
    "keeps its configuration when a snapshot brings another",
    "script",
    edit(
      "snapshot-rules",
      "  adoptConfiguration(state, snapshot.configuration, snapshot.index);\n",
      "",
    ),
  ),
  raft(
    "answers a read that no majority has confirmed",
    "script",
    edit(
      "read-queue",
      "const confirmed = jointCommittedIndex(voters, (voter) =>\n      voter === leader ? this.#count : this.#acknowledged.get(voter),\n    );",
      "const confirmed = this.#count;",
    ),
  ),
  raft(
    "answers a read before its term's first commit",
    "script",
    edit(
      "read-index",
      "return log.termAt(log.committed) === term;",
      "return log.committed >= 0 && term > 0;",
    ),
  ),
  raft(
    "votes although it may have forgotten a vote",
    "script",
    edit("election", '  if (state.readmission.type !== "none") return false;\n', ""),
  ),
];
