import type { Entry, EntryId } from "./entry.ts";
import type { RaftConfiguration } from "./configuration.ts";
import {
  ENTRIES_FROM_PEER_MAX,
  NUMBER_FROM_PEER_MAX,
  READ_CONTEXT_BYTES_MAX,
  VOTERS_MAX,
} from "./limits.ts";
import type { AppendMessage, RaftMessage, SnapshotMessage } from "./message.ts";

/**
 * Why `message` cannot come from a working peer, or `undefined`. The types say what a codec produces; this checks the
 * numbers, so that nothing after it can be driven past an assertion by what a peer sends.
 */
export function messageFault(message: RaftMessage, id: number): string | undefined {
  if (message.to !== id) return "addressed to another node";
  if (!isNumber(message.from) || message.from === 0 || message.from === id) return "bad sender";
  if (!isNumber(message.term)) return "bad term";
  if (message.term === 0 && message.type !== "readIndex") return "bad term";
  switch (message.type) {
    case "append":
      return appendFault(message);
    case "appendAccepted":
      return isNumber(message.index) ? undefined : "bad index";
    case "appendRejected":
      return [message.rejectedIndex, message.hintIndex, message.hintTerm].every(isNumber)
        ? undefined
        : "bad index";
    case "heartbeat":
      return isNumber(message.commit) ? contextFault(message.context) : "bad commit index";
    case "heartbeatAnswer":
      return contextFault(message.context);
    case "snapshot":
      return snapshotFault(message);
    case "readIndex":
      return contextFault(message.context);
    case "readIndexAnswer":
      return isNumber(message.index) ? contextFault(message.context) : "bad index";
    case "preVote":
    case "vote":
      return voteFault(message);
    case "preVoteAnswer":
    case "voteAnswer":
      return idFault(message.committed);
    case "timeoutNow":
      return undefined;
  }
}

function idFault(id: EntryId | undefined): string | undefined {
  return id === undefined || (isNumber(id.index) && isNumber(id.term)) ? undefined : "bad index";
}

function voteFault(message: {
  term: number;
  lastIndex: number;
  lastTerm: number;
}): string | undefined {
  if (!isNumber(message.lastIndex) || !isNumber(message.lastTerm)) return "bad index";
  // A campaign is for a term after every entry of the candidate's log.
  return message.lastTerm < message.term ? undefined : "log from a later term";
}

function appendFault(message: AppendMessage): string | undefined {
  if (![message.prevIndex, message.prevTerm, message.commit].every(isNumber)) return "bad index";
  if ((message.prevIndex === 0) !== (message.prevTerm === 0)) return "bad index";
  if (message.entries.length > ENTRIES_FROM_PEER_MAX) return "too many entries";
  return entriesFault(message.entries, message);
}

// Indexes are consecutive, and terms never fall nor exceed the leader's (Raft §5.3).
function entriesFault(entries: readonly Entry[], message: AppendMessage): string | undefined {
  let index = message.prevIndex;
  let term = Math.max(message.prevTerm, 1);
  for (const entry of entries) {
    index += 1;
    if (entry.index !== index || index > NUMBER_FROM_PEER_MAX) return "entries not consecutive";
    if (!isNumber(entry.term) || entry.term < term) return "entry terms fall";
    term = entry.term;
  }
  return Math.max(term, message.prevTerm) <= message.term ? undefined : "entry from a later term";
}

function contextFault(context: Uint8Array | undefined): string | undefined {
  const length = context?.length ?? 0;
  return length > READ_CONTEXT_BYTES_MAX ? "context too long" : undefined;
}

function snapshotFault({ snapshot, term }: SnapshotMessage): string | undefined {
  if (!isNumber(snapshot.index) || snapshot.index === 0) return "bad index";
  if (!isNumber(snapshot.term) || snapshot.term === 0) return "bad term";
  if (snapshot.term > term) return "snapshot from a later term";
  return configurationFault(snapshot.configuration);
}

// A configuration with voters, in which nobody has two parts at once.
function configurationFault(configuration: RaftConfiguration): string | undefined {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  const lists = [voters, votersOutgoing, learners, learnersNext];
  if (lists.some((list) => list.length > VOTERS_MAX)) return "too many members";
  if (!lists.every(isAscending)) return "bad members";
  if (voters.length === 0) return "no voters";
  const electorate = new Set([...voters, ...votersOutgoing]);
  if (new Set([...electorate, ...learners]).size > VOTERS_MAX) return "too many members";
  if (learners.some((id) => electorate.has(id))) return "bad members";
  return learnersNext.every((id) => votersOutgoing.includes(id)) ? undefined : "bad members";
}

function isAscending(ids: readonly number[]): boolean {
  return ids.every((id, position) => isNumber(id) && id > (ids[position - 1] ?? 0));
}

function isNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= NUMBER_FROM_PEER_MAX;
}
