import type { RaftMessage } from "../../../cluster/raft/index.ts";

/**
 * Known bugs, planted around the core to prove that the checkers see them.
 *
 * - `acksBeforeFlush`: votes and acknowledgements leave before their write is on disk.
 * - `forgetsVote`: a restart does not remember whom the node voted for.
 * - `ignoresLogInVotes`: votes are granted to candidates with stale logs.
 * - `acksLogEnd`: acknowledgements name the end of the log instead of the end of the append.
 * - `keepsTruncatedTail`: the disk does not truncate, so that a restart brings overwritten entries back.
 */
export type Sabotage =
  | "none"
  | "acksBeforeFlush"
  | "forgetsVote"
  | "ignoresLogInVotes"
  | "acksLogEnd"
  | "keepsTruncatedTail";

/** What a node with the bug makes of a message that it receives. */
export function sabotageReceived(sabotage: Sabotage, message: RaftMessage): RaftMessage {
  if (sabotage !== "ignoresLogInVotes") return message;
  if (message.type !== "vote" && message.type !== "preVote") return message;
  return { ...message, lastIndex: 2 ** 40, lastTerm: message.term - 1 };
}

/** What a node with the bug sends instead of `message`. */
export function sabotageSent(
  sabotage: Sabotage,
  message: RaftMessage,
  lastIndex: number,
): RaftMessage {
  if (sabotage !== "acksLogEnd" || message.type !== "appendAccepted") return message;
  return { ...message, index: lastIndex };
}
