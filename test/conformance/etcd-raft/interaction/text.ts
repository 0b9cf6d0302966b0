/** Messages, entries and states as etcd's scripts write them. */
import type { ConfChangeOp } from "../../../../cluster/raft/configuration.ts";
import type { RaftConfiguration } from "../../../../cluster/raft/configuration.ts";
import type {
  Entry,
  FollowerStatus,
  HardState,
  RaftMessage,
  RaftStatus,
  RoleType,
} from "../../../../cluster/raft/index.ts";
import { shownLogTerm, shownTerm } from "./terms.ts";

const decoder = new TextDecoder();

/** Stands in the log where etcd puts an empty entry instead of a change that it refuses. Ours refuses and puts nothing. */
export const PLACEHOLDER: Uint8Array = Uint8Array.of(0);

const ROLES: Record<RoleType, string> = {
  follower: "StateFollower",
  preCandidate: "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};

/** `Lead:1 State:StateLeader`. */
export function softText({ leaderId, role }: Pick<RaftStatus, "leaderId" | "role">): string {
  return `Lead:${leaderId ?? 0} State:${ROLES[role]}`;
}

/** One line of `raft-state`. */
export function stateLine(status: RaftStatus): string {
  const { voters, votersOutgoing } = status.configuration;
  const isVoter = voters.includes(status.id) || votersOutgoing.includes(status.id);
  const part = isVoter ? "(Voter)" : "(Non-Voter)";
  const term = shownTerm(status.term);
  return `${status.id}: ${ROLES[status.role]} ${part} Term:${term} Lead:${status.leaderId ?? 0}`;
}

/** `Term:1 Vote:1 Commit:11`. */
export function hardStateText({ term, votedFor, commit }: HardState): string {
  const vote = votedFor === undefined ? "" : ` Vote:${votedFor}`;
  return `Term:${shownTerm(term)}${vote} Commit:${commit}`;
}

/** `1/12 EntryNormal "foo"`. */
export function entryText(entry: Entry): string {
  const id = `${shownLogTerm(entry.term)}/${entry.index}`;
  if (entry.type === "normal") return `${id} EntryNormal ${dataText(entry.data)}`;
  const kind = entry.type === "confChange" ? "EntryConfChange" : "EntryConfChangeV2";
  return `${id} ${kind} ${(entry.change?.ops ?? []).map(opText).join(" ")}`.trimEnd();
}

function dataText(data: Uint8Array): string {
  return data === PLACEHOLDER ? '""' : JSON.stringify(decoder.decode(data));
}

function opText({ type, id }: ConfChangeOp): string {
  return { addVoter: "v", addLearner: "l", remove: "r", update: "u" }[type] + String(id);
}

/** ` Entries:[…]`, on one line if it is one. */
export function entriesText(entries: readonly Entry[]): string {
  const [first] = entries;
  if (first === undefined) return "";
  if (entries.length === 1) return ` Entries:[${entryText(first)}]`;
  return ` Entries:[\n${entries.map((entry) => `  ${entryText(entry)}\n`).join("")}]`;
}

/** `Index:4 Term:1 ConfState:…`. */
export function snapshotText(snapshot: {
  readonly index: number;
  readonly term: number;
  readonly configuration: RaftConfiguration;
}): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = snapshot.configuration;
  const list = (ids: readonly number[]): string => `[${ids.join(" ")}]`;
  const halves = `Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)}`;
  const others = `Learners:${list(learners)} LearnersNext:${list(learnersNext)}`;
  const id = `Index:${snapshot.index} Term:${shownLogTerm(snapshot.term)}`;
  return `${id} ConfState:${halves} ${others} AutoLeave:${autoLeave}`;
}

/** One message, on several lines if it has a snapshot or several entries. */
export function messageText(message: RaftMessage): string {
  const head = (type: string): string =>
    `${message.from}->${message.to} ${type} Term:${shownTerm(message.term)}`;
  const commitText = (commit: number): string => (commit === 0 ? "" : ` Commit:${commit}`);
  const log = (term: number, index: number): string => `Log:${shownLogTerm(term)}/${index}`;
  const refusal = (isGranted: boolean): string => (isGranted ? "" : " Rejected (Hint: 0)");
  switch (message.type) {
    case "append": {
      const { prevTerm, prevIndex, commit, entries } = message;
      const place = log(prevTerm, prevIndex);
      return `${head("MsgApp")} ${place}${commitText(commit)}${entriesText(entries)}`;
    }
    case "appendAccepted":
      return `${head("MsgAppResp")} ${log(0, message.index)}`;
    case "appendRejected": {
      const { hintTerm, hintIndex, rejectedIndex } = message;
      return `${head("MsgAppResp")} ${log(hintTerm, rejectedIndex)} Rejected (Hint: ${hintIndex})`;
    }
    case "heartbeat":
      return `${head("MsgHeartbeat")} Log:0/0${commitText(message.commit)}`;
    case "heartbeatAnswer":
      return `${head("MsgHeartbeatResp")} Log:0/0`;
    case "preVote":
      return `${head("MsgPreVote")} ${log(message.lastTerm, message.lastIndex)}`;
    case "vote":
      return `${head("MsgVote")} ${log(message.lastTerm, message.lastIndex)}`;
    case "preVoteAnswer":
      return `${head("MsgPreVoteResp")} Log:0/0${refusal(message.isGranted)}`;
    case "voteAnswer":
      return `${head("MsgVoteResp")} Log:0/0${refusal(message.isGranted)}`;
    case "timeoutNow":
      return `${head("MsgTimeoutNow")} Log:0/0`;
    case "snapshot":
      return `${head("MsgSnap")} Log:0/0\n  Snapshot: ${snapshotText(message.snapshot)}`;
    case "readIndex":
    case "readIndexAnswer":
      throw new Error(`no script has a ${message.type}`);
  }
}

/** The lines of `status` at a leader: its own log first, then what it believes of the others. */
export function progressLines(status: RaftStatus, inflightMessagesMax: number): readonly string[] {
  if (status.role !== "leader") return [];
  const own = `StateReplicate match=${status.durableIndex} next=${status.durableIndex + 1}`;
  const rows = status.followers.map((follower) => ({
    id: follower.id,
    text: followerText(follower, inflightMessagesMax),
  }));
  return [{ id: status.id, text: own }, ...rows]
    .sort((a, b) => a.id - b.id)
    .map(({ id, text }) => `${id}: ${text}`);
}

function followerText(follower: FollowerStatus, inflightMessagesMax: number): string {
  const states = { probe: "StateProbe", replicate: "StateReplicate", snapshot: "StateSnapshot" };
  let text = `${states[follower.state]} match=${follower.match} next=${follower.next}`;
  if (follower.isLearner) text += " learner";
  if (follower.isPaused) text += " paused";
  if (follower.pendingSnapshot > 0) text += ` pendingSnap=${follower.pendingSnapshot}`;
  if (!follower.isActive) text += " inactive";
  const { inflightCount } = follower;
  if (inflightCount === 0) return text;
  return `${text} inflight=${inflightCount}${inflightCount >= inflightMessagesMax ? "[full]" : ""}`;
}
