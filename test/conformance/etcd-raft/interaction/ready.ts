import type {
  ConfChange,
  ConfChangeKind,
  Entry,
  HardState,
  RaftMessage,
  Snapshot,
} from "../../../../cluster/raft/index.ts";
import { entriesText, entryText, hardStateText, messageText, snapshotText } from "./text.ts";

/** A change of the configuration that somebody wants. */
export interface ProposedChange {
  readonly change: ConfChange;
  readonly kind: ConfChangeKind;
}

/** A proposal on its way from a follower to its leader: etcd's core sends it on, here the driver does. */
export interface Forwarded {
  readonly from: number;
  readonly to: number;
  readonly proposal: ProposedChange;
}

/** Its line. */
export function forwardedText({ from, to, proposal }: Forwarded): string {
  const type = proposal.kind === "v1" ? "confChange" : "confChangeV2";
  const data = new Uint8Array();
  const entry = entryText({ index: 0, term: 0, type, data, change: proposal.change });
  return `${from}->${to} MsgProp Term:0 Log:0/0 Entries:[${entry}]`;
}

/** What a script prints when it handles a node's effects: etcd calls it a Ready. */
export interface Ready {
  readonly isSynced: boolean;
  /** If it changed. */
  readonly soft: string | undefined;
  /** If it changed. */
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly committed: readonly Entry[];
  readonly messages: readonly RaftMessage[];
  readonly forwarded: readonly Forwarded[];
  /** In a group whose storage works on its own: the lines about what it is given. */
  readonly storageLines: readonly string[];
}

/** Its lines. */
export function readyLines(ready: Ready): readonly string[] {
  const { soft, hardState, entries, snapshot, committed, messages, forwarded, storageLines } =
    ready;
  const lines: string[] = [];
  if (soft !== undefined) lines.push(soft);
  if (hardState !== undefined) lines.push(`HardState ${hardStateText(hardState)}`);
  if (entries.length > 0) lines.push("Entries:", ...entries.map(entryText));
  if (snapshot !== undefined) lines.push(`Snapshot ${snapshotText(snapshot)}`);
  if (committed.length > 0) lines.push("CommittedEntries:", ...committed.map(entryText));
  if (messages.length + forwarded.length + storageLines.length > 0) lines.push("Messages:");
  lines.push(...messages.flatMap((message) => messageText(message).split("\n")));
  lines.push(...forwarded.map(forwardedText), ...storageLines);
  return lines.length === 0 ? ["<empty Ready>"] : [`Ready MustSync=${ready.isSynced}:`, ...lines];
}

/** Writes that wait for the storage of a node, and the messages that wait for them. */
export interface AppendWork {
  readonly id: number;
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly responses: readonly RaftMessage[];
}

/** The first line about it. */
export function appendWorkText({ id, hardState, entries }: AppendWork): string {
  const state = hardState === undefined ? "Term:0 Log:0/0" : storedText(hardState);
  return `${id}->AppendThread MsgStorageAppend ${state}${entriesText(entries)}`;
}

function storedText(hardState: HardState): string {
  const [term = "", ...rest] = hardStateText(hardState).split(" ");
  const vote = rest.find((word) => word.startsWith("Vote:"));
  return [term, "Log:0/0", rest.at(-1), vote].filter((word) => word !== undefined).join(" ");
}

/** The first line about entries that wait for a node's application. */
export function applyWorkText(id: number, entries: readonly Entry[]): string {
  return `${id}->ApplyThread MsgStorageApply Term:0 Log:0/0${entriesText(entries)}`;
}

/** `line` with the answers that the storage will give, if there are any. */
export function withResponses(line: string, responses: readonly string[]): readonly string[] {
  if (responses.length === 0) return line.split("\n");
  const inner = responses.flatMap((text) => text.split("\n")).map((text) => `  ${text}`);
  return [...`${line} Responses:[`.split("\n"), ...inner, "]"];
}
