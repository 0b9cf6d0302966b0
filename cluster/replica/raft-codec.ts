/** Raft messages as etcd's `raftpb.Message`, the form in which Fabric's orderers exchange them. */
import { EMPTY_BYTES, equalBytes, utf8 } from "../../src/kernel/bytes.ts";
import {
  RaftEntry,
  RaftEntryType,
  RaftMessage as WireMessage,
  RaftMessageType as WireType,
  create,
  decode,
  encode,
  lengthDelimited,
  type RaftSnapshot,
} from "../../src/wire/index.ts";
import type { AppendMessage, Entry, EntryId, RaftMessage, Snapshot } from "../raft/index.ts";
import { fromWireState, toWireState, withChange } from "./configuration-codec.ts";

// Fabric: a vote with this context was asked for by the leader and overrides its lease.
const TRANSFER_CONTEXT = utf8("CampaignTransfer");

const ENTRY_TYPES = {
  normal: RaftEntryType.EntryNormal,
  confChange: RaftEntryType.EntryConfChange,
  confChangeV2: RaftEntryType.EntryConfChangeV2,
} as const satisfies Record<Entry["type"], RaftEntryType>;

// Of raftpb.Message and raftpb.Entry.
const ENTRIES_FIELD = 7;
const ENTRY_DATA_FIELD = 4;

export type RaftMessageReading =
  | { readonly kind: "message"; readonly message: RaftMessage }
  /** Well-formed, but nothing that one member sends to another here. */
  | { readonly kind: "unsupported"; readonly reason: string };

/** A marshalled `raftpb.Message`. */
export function encodeRaftMessage(message: RaftMessage): Uint8Array {
  const { from, to, term } = message;
  return encode(WireMessage, create(WireMessage, { from, to, term, ...fieldsOf(message) }));
}

/** As `encodeRaftMessage`, in parts to be joined: the entries' data are not copied here. */
export function encodeAppend(message: AppendMessage): readonly Uint8Array[] {
  const { from, to, term, prevIndex: index, prevTerm: logTerm, commit } = message;
  const addressed = { type: WireType.MsgApp, from, to, term };
  const head = encode(WireMessage, create(WireMessage, { ...addressed, logTerm, index }));
  const entries = message.entries.flatMap(appendedParts);
  // In the order of the fields' numbers.
  return [head, ...entries, encode(WireMessage, create(WireMessage, { commit }))];
}

function appendedParts(entry: Entry): readonly Uint8Array[] {
  const { data } = entry;
  const head = encode(RaftEntry, toWire({ ...entry, data: EMPTY_BYTES }));
  const field = data.length === 0 ? EMPTY_BYTES : lengthDelimited(ENTRY_DATA_FIELD, data.length);
  const bytes = head.length + field.length + data.length;
  return [lengthDelimited(ENTRIES_FIELD, bytes), head, field, data];
}

/** Reads a marshalled `raftpb.Message`, which may omit or spell out zeros. Throws `WireError` on malformed bytes. */
export function decodeRaftMessage(bytes: Uint8Array): RaftMessageReading {
  const wire = decode(WireMessage, bytes);
  if (wire.entries.some((entry) => entryTypeOf(entry) === undefined)) {
    return { kind: "unsupported", reason: "it carries an entry of an unknown type" };
  }
  const message = messageOf(wire);
  return message === undefined
    ? { kind: "unsupported", reason: `it is of type ${wire.type}` }
    : { kind: "message", message };
}

function fieldsOf(message: RaftMessage): Parameters<typeof create<WireMessage>>[1] {
  switch (message.type) {
    case "append": {
      const { prevIndex: index, prevTerm: logTerm, commit } = message;
      return {
        type: WireType.MsgApp,
        index,
        logTerm,
        commit,
        entries: message.entries.map(toWire),
      };
    }
    case "appendAccepted":
      return { type: WireType.MsgAppResp, index: message.index };
    case "appendRejected": {
      const { rejectedIndex: index, hintIndex: rejectHint, hintTerm: logTerm } = message;
      return { type: WireType.MsgAppResp, index, rejectHint, logTerm, reject: true };
    }
    case "heartbeat":
      return { type: WireType.MsgHeartbeat, commit: message.commit, ...contextOf(message) };
    case "heartbeatAnswer":
      return { type: WireType.MsgHeartbeatResp, ...contextOf(message) };
    case "preVote":
      return { type: WireType.MsgPreVote, index: message.lastIndex, logTerm: message.lastTerm };
    case "preVoteAnswer":
      return { type: WireType.MsgPreVoteResp, reject: !message.isGranted, ...toldIn(message) };
    case "vote": {
      const context = message.isTransfer ? TRANSFER_CONTEXT : EMPTY_BYTES;
      const { lastIndex: index, lastTerm: logTerm } = message;
      return { type: WireType.MsgVote, index, logTerm, context };
    }
    case "voteAnswer":
      return { type: WireType.MsgVoteResp, reject: !message.isGranted, ...toldIn(message) };
    case "timeoutNow":
      return { type: WireType.MsgTimeoutNow };
    case "snapshot":
      return { type: WireType.MsgSnap, snapshot: toWireSnapshot(message.snapshot) };
    case "readIndex":
      return { type: WireType.MsgReadIndex, entries: [{ data: message.context }] };
    case "readIndexAnswer": {
      const { context, index } = message;
      return { type: WireType.MsgReadIndexResp, index, entries: [{ data: context }] };
    }
  }
}

function contextOf({ context }: { context?: Uint8Array }): { context?: Uint8Array } {
  return context === undefined ? {} : { context };
}

// etcd's library leaves both empty in these answers, and looks at neither.
function toldIn({ committed }: { readonly committed?: EntryId }): {
  readonly index?: number;
  readonly logTerm?: number;
} {
  return committed === undefined ? {} : { index: committed.index, logTerm: committed.term };
}

function toldBy({ index, logTerm: term }: WireMessage): { readonly committed?: EntryId } {
  return index === 0 ? {} : { committed: { index, term } };
}

function messageOf(wire: WireMessage): RaftMessage | undefined {
  const { from, to, term, index, logTerm, commit } = wire;
  const addressed = { from, to, term };
  const isGranted = !wire.reject;
  const last = { lastIndex: index, lastTerm: logTerm };
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others are local to a node or not offered
  switch (wire.type) {
    case WireType.MsgApp: {
      const entries = wire.entries.map(fromWire);
      return { type: "append", ...addressed, prevIndex: index, prevTerm: logTerm, entries, commit };
    }
    case WireType.MsgAppResp:
      return appendAnswerOf(wire);
    case WireType.MsgHeartbeat:
      return { type: "heartbeat", ...addressed, commit, ...presentContext(wire) };
    case WireType.MsgHeartbeatResp:
      return { type: "heartbeatAnswer", ...addressed, ...presentContext(wire) };
    case WireType.MsgSnap:
      return fromWireSnapshot(wire);
    case WireType.MsgReadIndex:
    case WireType.MsgReadIndexResp:
      return readMessageOf(wire);
    case WireType.MsgPreVote:
      return { type: "preVote", ...addressed, ...last };
    case WireType.MsgPreVoteResp:
      return { type: "preVoteAnswer", ...addressed, isGranted, ...toldBy(wire) };
    case WireType.MsgVote: {
      const isTransfer = equalBytes(wire.context, TRANSFER_CONTEXT);
      return { type: "vote", ...addressed, ...last, isTransfer };
    }
    case WireType.MsgVoteResp:
      return { type: "voteAnswer", ...addressed, isGranted, ...toldBy(wire) };
    case WireType.MsgTimeoutNow:
      return { type: "timeoutNow", ...addressed };
    default:
      return undefined;
  }
}

function presentContext({ context }: WireMessage): { context?: Uint8Array } {
  return context.length === 0 ? {} : { context };
}

// The context of a read travels as the data of the one entry.
function readMessageOf(wire: WireMessage): RaftMessage | undefined {
  const { from, to, term, index, entries } = wire;
  const context = entries[0]?.data;
  if (context === undefined || entries.length > 1) return undefined;
  return wire.type === WireType.MsgReadIndex
    ? { type: "readIndex", from, to, term, context }
    : { type: "readIndexAnswer", from, to, term, context, index };
}

function fromWireSnapshot({
  from,
  to,
  term,
  snapshot: wire,
}: WireMessage): RaftMessage | undefined {
  const metadata = wire?.metadata;
  const members = metadata?.confState;
  if (wire === undefined || metadata === undefined || members === undefined) return undefined;
  const configuration = fromWireState(members);
  const snapshot = { index: metadata.index, term: metadata.term, configuration, data: wire.data };
  return { type: "snapshot", from, to, term, snapshot };
}

function toWireSnapshot({ index, term, configuration, data }: Snapshot): RaftSnapshot {
  return { data, metadata: { index, term, confState: toWireState(configuration) } };
}

function appendAnswerOf(wire: WireMessage): RaftMessage {
  const { from, to, term, index, rejectHint, logTerm } = wire;
  if (!wire.reject) return { type: "appendAccepted", from, to, term, index };
  return {
    type: "appendRejected",
    from,
    to,
    term,
    rejectedIndex: index,
    hintIndex: rejectHint,
    hintTerm: logTerm,
  };
}

function toWire(entry: Entry): RaftEntry {
  const { term, index, data } = entry;
  return { type: ENTRY_TYPES[entry.type], term, index, data };
}

function fromWire(entry: RaftEntry): Entry {
  const { term, index, data } = entry;
  return withChange({ type: entryTypeOf(entry) ?? "normal", term, index, data });
}

function entryTypeOf(entry: RaftEntry): Entry["type"] | undefined {
  const types = Object.keys(ENTRY_TYPES) as (keyof typeof ENTRY_TYPES)[];
  return types.find((type) => ENTRY_TYPES[type] === entry.type);
}
